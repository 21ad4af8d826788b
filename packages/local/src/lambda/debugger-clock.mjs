import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';

// In a sandbox with a debugger, a breakpoint must not use up the timeouts of the code that it stops: timers don't count the
// time in which the whole process stood still.

/** How often the event loop is asked whether it stood still, in milliseconds. */
const TICK_MS = 50;

/** A delay of a tick beyond this is a stop, in milliseconds: what a busy machine causes is shorter. */
const LEAST_STOP_MS = 500;

/** Makes `setTimeout`, in all its forms, leave out the time in which a debugger held the process. */
export function stopTimersWithDebugger() {
  const { setTimeout: startTimer, clearTimeout: endTimer } = globalThis;
  let stoppedMs = 0;
  let lastTick = performance.now();
  /** The time without the stops so far, in milliseconds. */
  const runningTime = () => {
    const now = performance.now();
    const late = now - lastTick - TICK_MS;
    if (late > LEAST_STOP_MS) stoppedMs += late;
    lastTick = now;
    return now - stoppedMs;
  };
  // The timer that was due first is called first, so after a stop this one is called before those that it concerns.
  setInterval(runningTime, TICK_MS).unref();

  /** Calls back when the process has run for the time, however long it stood still meanwhile. */
  function setTimeout(callback, milliseconds, ...values) {
    const dueAt = runningTime() + (milliseconds > 0 ? Number(milliseconds) : 1);
    const onTime = () => {
      const left = dueAt - runningTime();
      if (left < 1) {
        callback(...values);
        return;
      }
      timer.left = startTimer(onTime, left);
      if (!timer.hasRef()) timer.left.unref();
    };
    const timer = startTimer(onTime, milliseconds);
    return timer;
  }

  function clearTimeout(timer) {
    if (timer?.left) endTimer(timer.left);
    endTimer(timer);
  }

  function wait(milliseconds, value, { signal, ref = true } = {}) {
    return new Promise((resolve, reject) => {
      const refuse = () => {
        reject(new DOMException('The operation was aborted', { name: 'AbortError', cause: signal.reason }));
      };
      if (signal?.aborted) {
        refuse();
        return;
      }
      const end = () => {
        clearTimeout(timer);
        refuse();
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', end);
        resolve(value);
      }, milliseconds);
      if (!ref) timer.unref();
      signal?.addEventListener('abort', end, { once: true });
    });
  }

  setTimeout[promisify.custom] = wait;
  Object.assign(globalThis, { setTimeout, clearTimeout });
  Object.assign(timers, { setTimeout, clearTimeout });
  Object.assign(timersPromises, { setTimeout: wait });
  syncBuiltinESMExports();
}
