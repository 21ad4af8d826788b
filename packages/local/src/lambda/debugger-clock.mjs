import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { syncBuiltinESMExports } from 'node:module';
import { promisify } from 'node:util';

// This module is for sandboxes with a debugger. Time at a breakpoint must not count toward the timeouts of the stopped code, so timers
// ignore the time during which the whole process was stopped.

/** How often to check whether the event loop was stopped, in milliseconds. */
const TICK_MS = 50;

/** The shortest delay of a tick that counts as a stop, in milliseconds. Delays caused by a busy machine are shorter. */
const LEAST_STOP_MS = 500;

/** Makes all forms of `setTimeout` ignore the time during which the debugger stopped the process. */
export function stopTimersWithDebugger() {
  const { setTimeout: startTimer, clearTimeout: endTimer } = globalThis;
  let stoppedMs = 0;
  let lastTick = performance.now();
  /** Returns how long the process has run, excluding the stops, in milliseconds. */
  const runningTime = () => {
    const now = performance.now();
    const late = now - lastTick - TICK_MS;
    if (late > LEAST_STOP_MS) stoppedMs += late;
    lastTick = now;
    return now - stoppedMs;
  };
  // After a stop, this timer fires before the timers that the stop affects, because this timer is due earlier.
  setInterval(runningTime, TICK_MS).unref();

  /** Calls back when the process has run for the given time, regardless of how long it was stopped. */
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
