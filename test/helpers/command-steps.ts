import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** The functions that a command's steps use to start services and report progress. */
export interface Steps {
  /** Aborts when the command must end early. */
  readonly signal: AbortSignal;
  /** A folder for the command's temporary data, deleted at the end. Child processes use this folder as their TMPDIR. */
  readonly dir: string;
  /** Awaits the work, and prints its duration. */
  readonly step: <Result>(name: string, work: Promise<Result>) => Promise<Result>;
  /** Starts a service and stops it at the end, even if a signal arrives while it is starting. */
  readonly begin: <Service extends { end(): Promise<unknown> }>(
    name: string,
    starting: Promise<Service>,
  ) => Promise<Service>;
  /** Registers cleanup that runs at the end, before the services started earlier are stopped. */
  readonly atEnd: (end: () => Promise<unknown>) => void;
  /**
   * Sets the function to call if a second signal arrives before everything has stopped. The function reports what is left behind, and the process
   * then exits immediately. If no function is set, a second signal has no effect.
   */
  readonly ifAbandoned: (report: () => void) => void;
}

/** The exit code of a process that was ended by SIGINT. */
const ABANDONED = 130;

/**
 * Runs a command's steps. At the end, stops all services in reverse order, even after a failure, SIGINT, SIGTERM or SIGHUP.
 *
 * @param name the command's name, also used in the temporary folder's name
 * @param work the command's work; it returns the exit code, and if it throws, the error is printed and the exit code is 1
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
      interrupted.abort(new Error(`${signalName} received: the command ended before it was done.`));
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
