import type { Page } from 'playwright-core';

/** What some interactions cost the page. */
export interface Timings {
  /** The processor time of the page's main thread, in milliseconds: scripts, styles, layout and painting. */
  readonly workMs: number;
  /** How far things moved by themselves: the sum of layout shifts without a recent input. */
  readonly shift: number;
}

export interface Stopwatch {
  /** The measurements since the last call. */
  lap(): Promise<Timings>;
}

/** Runs in the page: collects what the browser itself measured. */
const COLLECT = `
  window.shift = 0;
  window.note = ({ value, hadRecentInput }) => { if (!hadRecentInput) shift += value; };
  window.shifts = new PerformanceObserver((list) => list.getEntries().forEach(note));
  shifts.observe({ type: 'layout-shift', buffered: true });`;

/** Reads the shifts once the page has drawn, and begins anew. */
const READ = `new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
    shifts.takeRecords().forEach(note);
    resolve(shift);
    shift = 0;
  })));
})`;

/**
 * Measures processor time, because a task of a busy machine takes longer without more work. Call it before the page is opened.
 */
export async function startStopwatch(page: Page): Promise<Stopwatch> {
  await page.addInitScript(COLLECT);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const work = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics');
    const seconds = metrics.find(({ name }) => name === 'TaskDuration')?.value;
    if (seconds === undefined) throw new Error('The browser measures no TaskDuration.');
    return seconds * 1000;
  };
  let before = 0;
  return {
    async lap() {
      const shift = await page.evaluate<number>(READ);
      const now = await work();
      const workMs = now - before;
      before = now;
      return { workMs, shift };
    },
  };
}
