import { useNow } from '../app/now.ts';
import { formatDuration, formatRelative } from '../format/duration.ts';
import { formatAbsolute } from '../format/moment.ts';

/** Shows a time relative to now, with the absolute time on hover. */
export function Time({ at }: { at: string }) {
  const now = useNow();
  return (
    <time dateTime={at} title={formatAbsolute(at)} class="nowrap">
      {formatRelative(Date.parse(at) - now)}
    </time>
  );
}

/** Shows the duration between two times, or the time elapsed so far if `to` is null. */
export function Elapsed({ from, to }: { from: string; to: string | null }) {
  const now = useNow();
  const end = to === null ? Math.max(now, Date.parse(from)) : Date.parse(to);
  const text = formatDuration(end - Date.parse(from));
  return <span class="nowrap">{to === null ? text.replace(/\.\d/, '') : text}</span>;
}
