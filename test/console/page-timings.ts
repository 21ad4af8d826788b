import type { Page } from 'playwright-core';

/** The measured cost of interactions. */
export interface Timings {
  /** The main thread's CPU time in milliseconds, including scripts, styles, layout and painting. */
  readonly workMs: number;
  /** The sum of the layout shifts that did not closely follow user input. */
  readonly shift: number;
}

export interface Stopwatch {
  /** Returns the measurements since the previous call, or since the page opened. */
  lap(): Promise<Timings>;
}

/** A script that runs in the page and collects the browser's layout shifts. */
const COLLECT = `
  window.shift = 0;
  window.note = ({ value, hadRecentInput }) => { if (!hadRecentInput) shift += value; };
  window.shifts = new PerformanceObserver((list) => list.getEntries().forEach(note));
  shifts.observe({ type: 'layout-shift', buffered: true });`;

/** A script that waits until the page has been drawn, reads the sum of the layout shifts, and resets the sum. */
const READ = `new Promise((resolve) => {
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => {
    shifts.takeRecords().forEach(note);
    resolve(shift);
    shift = 0;
  })));
})`;

/**
 * Starts a stopwatch. Call this before the page opens. The stopwatch measures CPU time, because elapsed time depends on the machine's load.
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
