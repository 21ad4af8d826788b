/** Matches the parts that differ between runs: times, ids, durations and URLs. */
const VARIABLE =
  /\d{4}-\d\d-\d\dT[\d:.]+Z|\d\d:\d\d:\d\d|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}|\b[\da-f]{8}\b|\d+ ms|127\.0\.0\.1:\d+\S*/;

/** Returns the lines of a page's sample output, excluding empty lines and ellipses. */
export function linesOf(shown: string): string[] {
  return shown.split('\n').filter((line) => line !== '' && line !== '…');
}

/** Whether a line on a page is output of `errand dev`. Such lines begin with the time of day. */
export function isLineOfDev(line: string): boolean {
  return /^\d\d:\d\d:\d\d /.test(line);
}

/** Returns a pattern for a line on a page, with wildcards for the parts that differ between runs. */
export function patternOf(line: string): RegExp {
  const words = line.trim().split(new RegExp(`(?:${VARIABLE.source})`));
  const literals = words.map((word) => word.replace(/[$()*+.?[\\\]^{|}]/g, '\\$&').replace(/ +/g, ' +'));
  return new RegExp(`^${literals.join('\\S+(?: m?s)?')}\\s*$`, 'm');
}
