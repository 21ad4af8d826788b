/** Formats an age in seconds, minutes, hours or days, depending on its length. */
export function ageText(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

/** Formats a rate, with one decimal place below 10. */
export function rateText(rate: number): string {
  if (rate === 0) return '0';
  return rate < 9.95 ? rate.toFixed(1) : String(Math.round(rate));
}

/** Formats the local time of day, such as `21:43:10`. */
export function clockText(time: Date): string {
  return [time.getHours(), time.getMinutes(), time.getSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const BLOCKS = '▁▂▃▄▅▆▇█';

/** Draws counts as bars, scaled to the highest count. A dot means 0. */
export function sparkline(counts: readonly number[]): string {
  const highest = Math.max(...counts);
  return counts
    .map((count) => (count === 0 ? '·' : (BLOCKS[Math.ceil((count / highest) * BLOCKS.length) - 1] ?? '')))
    .join('');
}
