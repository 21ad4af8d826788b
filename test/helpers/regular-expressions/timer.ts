import { Worker } from 'node:worker_threads';
import { attacksOn, type Attack } from './attacks.ts';
import { inputOf, LIMIT_MS, SIZES, type Report, type Task } from './protocol.ts';

/** An input on which an expression takes too long. */
export interface SlowInput {
  readonly attack: Attack;
  /** The input's size in characters. */
  readonly size: number;
  /**
   * The measured time, or an extrapolation from smaller sizes; `Infinity` if the expression had to be stopped.
   */
  readonly milliseconds: number;
}

/** Times expressions in a separate thread. */
export interface ExpressionTimer {
  /**
   * Finds the first input of up to 1 MiB on which the expression takes more than a second. Returns undefined if the expression is fast enough on
   * every input.
   */
  slowInputOf(expression: {
    readonly source: string;
    readonly flags: string;
    readonly isRepeated: boolean;
  }): Promise<SlowInput | undefined>;
  end(): Promise<void>;
}

/** The maximum time for one input before the thread is terminated, in milliseconds. */
const WATCHDOG_MS = 3 * LIMIT_MS;

export function createExpressionTimer(): ExpressionTimer {
  let worker: Worker | undefined;

  function run(task: Task): Promise<SlowInput | undefined> {
    const running = (worker ??= new Worker(new URL('./worker.ts', import.meta.url)));
    return new Promise((resolve, reject) => {
      let slow: SlowInput | undefined;
      let begun = { attack: 0, size: SIZES[0] ?? 0 };
      let watchdog: NodeJS.Timeout | undefined;
      const at = ({ attack, size }: { attack: number; size: number }, milliseconds: number) => {
        const each = task.attacks[attack];
        if (each) slow ??= { attack: each, size, milliseconds };
      };
      const end = (): void => {
        clearTimeout(watchdog);
        running.off('message', hear).off('error', reject);
        resolve(slow);
      };
      const stop = (): void => {
        at(begun, Infinity);
        worker = undefined;
        void running.terminate().then(end);
      };
      const hear = (report: Report): void => {
        clearTimeout(watchdog);
        if (report.kind === 'done') {
          end();
          return;
        }
        if (report.kind === 'slow') at(report, report.milliseconds);
        else begun = report;
        watchdog = setTimeout(stop, WATCHDOG_MS);
      };
      running.on('message', hear).on('error', reject);
      watchdog = setTimeout(stop, WATCHDOG_MS * 2);
      running.postMessage(task);
    });
  }

  return {
    slowInputOf: ({ source, flags, isRepeated }) =>
      run({ source, flags, isRepeated, attacks: attacksOn(source, flags) }),
    async end() {
      await worker?.terminate();
    },
  };
}

/** Describes a slow input in a message. */
export function describeSlowInput({ attack, size, milliseconds }: SlowInput): string {
  const { prefix, pump, suffix } = attack;
  const repeated = `${JSON.stringify(pump)}.repeat(${Math.ceil(size / pump.length)})`;
  const parts = [
    prefix === '' ? [] : JSON.stringify(prefix),
    repeated,
    suffix === '' ? [] : JSON.stringify(suffix),
  ];
  const time = milliseconds === Infinity ? `more than ${WATCHDOG_MS} ms` : `${Math.round(milliseconds)} ms`;
  return `${time} on ${parts.flat().join(' + ')} (${inputOf(attack, size).length} characters)`;
}
