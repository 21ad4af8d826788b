import './progress.css';

/** A progress bar from 0 to 1, with its percentage. */
export function ProgressBar({ fraction, label }: { fraction: number; label: string }) {
  const percent = Math.round(fraction * 100);
  return (
    <span class="progress">
      <progress class="progress-bar" max={100} value={percent} aria-label={label} />
      <span class="progress-percent">{percent}%</span>
    </span>
  );
}
