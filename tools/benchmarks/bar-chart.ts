import type { Reading } from './figure.ts';

const WIDTH = 720;
const LABELS = 150;
const VALUES = 90;
const TITLE = 34;
const BAR = 20;
const STEP = 30;

/** The bars' colors: mid-tones that are readable on both white and black. */
const OURS = '#2f81f7';
const OTHERS = '#8b949e';

/**
 * Draws an SVG with one horizontal bar per reading. The bars start at zero, and a line on each bar shows the spread of the rounds. The
 * first bar is Errand's.
 */
export function barChart(title: string, readings: readonly Reading[]): string {
  const most = Math.max(...readings.map(({ summary }) => summary.spread[1]));
  const scale = (value: number): number => (value / most) * (WIDTH - LABELS - VALUES);
  const bars = readings.map(({ subject, summary: { median, spread } }, index) => {
    const top = TITLE + index * STEP;
    const middle = top + BAR / 2;
    const [low, high] = spread.map((value) => LABELS + scale(value));
    return [
      `<text x="${LABELS - 10}" y="${middle + 5}" text-anchor="end">${escaped(subject)}</text>`,
      `<rect x="${LABELS}" y="${top}" width="${round(scale(median))}" height="${BAR}" rx="2" fill="${index === 0 ? OURS : OTHERS}"/>`,
      `<path d="M${round(low ?? 0)} ${middle}H${round(high ?? 0)}" stroke="#f0883e" stroke-width="2"/>`,
      `<text x="${round((high ?? 0) + 8)}" y="${middle + 5}">${Number(median.toPrecision(3)).toLocaleString('en-US')}</text>`,
    ].join('\n');
  });
  const height = TITLE + readings.length * STEP;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="14" fill="${OTHERS}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<text x="0" y="18" font-weight="bold">${escaped(title)}</text>`,
    ...bars,
    '</svg>\n',
  ].join('\n');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
}
