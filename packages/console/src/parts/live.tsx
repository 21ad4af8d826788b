import './live.css';

/** A quiet dot: the screen is live, or shows what it last knew. */
export function Live({ isStale }: { isStale: boolean }) {
  return (
    <span class="live" data-stale={isStale} role="status">
      <span class="live-dot" aria-hidden="true" />
      {isStale ? 'Stale' : 'Live'}
    </span>
  );
}
