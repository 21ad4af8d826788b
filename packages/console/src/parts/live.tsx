import './live.css';

/** A subtle dot that shows whether the screen's data is live or stale. */
export function Live({ isStale }: { isStale: boolean }) {
  return (
    <span class="live" data-stale={isStale} role="status">
      <span class="live-dot" aria-hidden="true" />
      {isStale ? 'Stale' : 'Live'}
    </span>
  );
}
