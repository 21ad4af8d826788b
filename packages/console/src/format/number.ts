const WHOLE = new Intl.NumberFormat('en-US');

/** `1,204`. */
export function formatCount(count: number): string {
  return WHOLE.format(count);
}

/** `1 job`, `1,204 jobs`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}
