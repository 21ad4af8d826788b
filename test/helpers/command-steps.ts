import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** The interface of a running command to its steps. */
export interface Steps {
  /** Aborted when the command must end early. */
  readonly signal: AbortSignal;
  /** A folder for the command's temporary data, which is deleted at the end. It is also the TMPDIR of started processes. */
  readonly dir: string;
  /** Prints how long the work took. */
  readonly step: <Result>(name: string, work: Promise<Result>) => Promise<Result>;
  /** Starts something that is stopped at the end, even if the signal comes during its start. */
  readonly begin: <Service extends { end(): Promise<unknown> }>(
    name: string,
    starting: Promise<Service>,
  ) => Promise<Service>;
  /** Registers work for the end, which runs before earlier services are stopped. */
  readonly atEnd: (end: () => Promise<unknown>) => void;
  /**
   * Called if a second signal comes before everything has ended. The process then exits immediately; the report says what is left
   * behind. Without such a report, a second signal has no effect.
   */
  readonly ifAbandoned: (report: () => void) => void;
}

/** The exit code of a process that SIGINT ended. */
const ABANDONED = 130;

/**
 * Runs the steps of a command. Then stops everything they started, in reverse order, even after a failure, SIGINT, SIGTERM or SIGHUP.
 *
 * @param name for the name of its folder
 * @param work the command's work; returns its exit code A thrown error is printed, and makes the exit code 1.
 */
export async function runSteps(name: string, work: (steps: Steps) => Promise<number>): Promise<void> {
  const interrupted = new AbortController();
  let abandon: (() => void) | undefined;
  for (const signalName of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signalName, () => {
      if (interrupted.signal.aborted && abandon) {
        abandon();
        process.exit(ABANDONED);
      }
      interrupted.abort(new Error(`${signalName}: ended before the work was done.`));
    });
  }
  const { signal } = interrupted;
  const ends: (() => Promise<unknown>)[] = [];
  const dir = await mkdtemp(path.join(os.tmpdir(), `errand-${name}-`));
  process.env.TMPDIR = dir;
  ends.push(() => rm(dir, { recursive: true, force: true, maxRetries: 5 }));

  const step: Steps['step'] = async (stepName, stepWork) => {
    const startedAt = performance.now();
    const result = await Promise.race([stepWork, aborted(signal)]);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${stepName.padEnd(32)}${seconds.padStart(6)} s`);
    return result;
  };
  const steps: Steps = {
    signal,
    dir,
    step,
    begin(stepName, starting) {
      ends.push(() =>
        starting.then(
          (service) => service.end(),
          () => undefined,
        ),
      );
      return step(stepName, starting);
    },
    atEnd: (end) => void ends.push(end),
    ifAbandoned: (report) => (abandon = report),
  };

  try {
    process.exitCode = await work(steps);
  } catch (error) {
    complain(error);
  } finally {
    for (const end of ends.reverse()) await end().catch(complain);
  }
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort');
  throw signal.reason;
}

function complain(error: unknown): void {
  console.error(String(error));
  process.exitCode = 1;
}
