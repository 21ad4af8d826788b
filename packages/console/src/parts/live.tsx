import './live.css';

/** A subtle dot that shows whether the screen is live or shows old data. */
export function Live({ isStale }: { isStale: boolean }) {
  return (
    <span class="live" data-stale={isStale} role="status">
      <span class="live-dot" aria-hidden="true" />
      {isStale ? 'Stale' : 'Live'}
    </span>
  );
}
