import { parentPort } from 'node:worker_threads';
import { inputOf, LIMIT_MS, SIZES, type Report, type Task } from './protocol.ts';

// The worker measures one expression at a time. If an expression takes too long, the main thread (timer.ts) terminates this thread.

/** The shortest time, in milliseconds, that is compared with the previous size's time. Shorter times are too inaccurate. */
const COMPARABLE_MS = 20;
/**
 * If an expression takes less than 1.5 ms at 64 KiB, it takes less than the limit at 1 MiB, even if its time is quadratic. If the
 * time grew faster, the expression would already take longer than 1.5 ms at 64 KiB.
 */
const HARMLESS = { size: 64 * 1024, milliseconds: 1.5 };
/**
 * If an expression's time grows by more than this factor from one size to the next, the growth counts as superlinear. Quadratic time grows by a
 * factor of 16, because each size is four times the previous size.
 */
const SUPERLINEAR = 9;

if (!parentPort) throw new Error('This module must run as a worker thread.');
const port = parentPort;

port.on('message', (task: Task) => {
  for (const [attack, each] of task.attacks.entries()) {
    const slow = firstSlow(task, attack, (size) => inputOf(each, size));
    if (slow) {
      report(slow);
      break;
    }
  }
  report({ kind: 'done' });
});

function firstSlow(task: Task, attack: number, input: (size: number) => string): Report | undefined {
  let previous = 0;
  for (const size of SIZES) {
    report({ kind: 'begun', attack, size });
    const text = input(size);
    let milliseconds = measure(task, text);
    if (milliseconds > LIMIT_MS) return { kind: 'slow', attack, size, milliseconds };
    if (milliseconds > COMPARABLE_MS) {
      // The first run also compiles the expression, so a second run may be faster.
      milliseconds = Math.min(milliseconds, measure(task, text));
      const growth = milliseconds / Math.max(previous, 0.001);
      const steps = SIZES.length - 1 - SIZES.indexOf(size);
      const expected = milliseconds * growth ** steps;
      if (previous > 1 && growth > SUPERLINEAR && expected > LIMIT_MS)
        return { kind: 'slow', attack, size: SIZES.at(-1) ?? size, milliseconds: expected };
    }
    if (size === HARMLESS.size && isHarmless(milliseconds, previous)) return undefined;
    previous = milliseconds;
  }
  return undefined;
}

/** Whether the time at 64 KiB, and its growth from 16 KiB, show that the time at 1 MiB is far below the limit. */
function isHarmless(milliseconds: number, previous: number): boolean {
  if (milliseconds < HARMLESS.milliseconds) return true;
  const growth = Math.max(4, milliseconds / Math.max(previous, 0.001));
  return previous > 0.2 && milliseconds * growth ** 2 < LIMIT_MS / 4;
}

/** Measures this thread's CPU time for one match, in milliseconds. */
function measure({ source, flags, isRepeated }: Task, text: string): number {
  const expression = new RegExp(source, isRepeated && !flags.includes('g') ? `${flags}g` : flags);
  const before = process.threadCpuUsage();
  if (isRepeated) text.replaceAll(expression, '');
  else expression.test(text);
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1000;
}

function report(message: Report): void {
  port.postMessage(message);
}
