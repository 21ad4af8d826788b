import { setTimeout as wait } from 'node:timers/promises';
import { sql } from '../helpers/embedded.ts';
import { armFaults } from '../helpers/faults.ts';
import type { KillableCloud } from './cloud/killable-cloud.ts';
import type { ClockName } from './cloud/movable-clocks.ts';
import { faultRules, isClockJump, type Blow, type Incident, type Targets } from './fault-schedule.ts';

/** How long the disk stays full, in milliseconds. */
const FULL_DISK_MS = 1_500;

/** How long a moved clock may take to show its new time, in milliseconds. The limit is high, because the database may be down. */
const JUMP_MS = 60_000;
/** The maximum difference between a clock's time and the expected time, in milliseconds. HTTP dates are in whole seconds. */
const CLOCK_TOLERANCE_MS = 2_000;

/** Injects a seed's faults, and counts them across all starts of the cloud. */
export interface Injection {
  /** Waits until the previous incident has ended, and then starts this incident. Resolves when this incident has ended. */
  happen(incident: Incident): Promise<void>;
  /** Removes all rules. */
  end(): Promise<void>;
  /** The number of times that each effect has been injected. */
  readonly struck: Readonly<Record<string, number>>;
  /** The number of calls that the rules matched. */
  readonly matchedCalls: number;
  /** How long each restart of the killed cloud took, in seconds. */
  readonly downSeconds: readonly number[];
}

/** Arms a seed's permanent faults. */
export async function inject(
  cloud: KillableCloud,
  { seed, jobs }: { readonly seed: number; readonly jobs: number },
  targets: Targets,
): Promise<Injection> {
  const struck: Record<string, number> = {};
  const downSeconds: number[] = [];
  let matchedCalls = 0;
  let starts = 0;
  let happening = Promise.resolve();

  const blows: Readonly<Record<Blow, () => Promise<void>>> = {
    async 'kill-cloud'() {
      await count();
      const killedAt = performance.now();
      await cloud.killAndRestart();
      downSeconds.push((performance.now() - killedAt) / 1000);
      await begin();
    },
    'kill-postgres': () => cloud.killPostgres(),
    async 'fill-disk'() {
      await cloud.setFreeBytes(0);
      await wait(FULL_DISK_MS);
      await cloud.setFreeBytes();
    },
  };

  async function begin(): Promise<void> {
    await armFaults(cloud, ...faultRules(seed, jobs, targets, starts));
    starts += 1;
  }

  /** Adds the counts since the cloud's most recent start. */
  async function count(): Promise<void> {
    const response = await fetch(`${cloud.awsEndpointUrl}/_errand/faults`);
    const { faults } = (await response.json()) as {
      faults: { effect: string; code?: string; matched: number; struck: number }[];
    };
    for (const { effect, code, struck: times } of faults)
      add(code === undefined ? effect : `${effect} (${code})`, times);
    matchedCalls += Math.max(...faults.map(({ matched }) => matched));
  }

  function add(effect: string, times: number): void {
    struck[effect] = (struck[effect] ?? 0) + times;
  }

  await begin();
  return {
    struck,
    downSeconds,
    get matchedCalls() {
      return matchedCalls;
    },
    async happen({ what }) {
      happening = happening.then(async () => {
        if (typeof what === 'string') {
          await blows[what]();
          add(what, 1);
        } else if (isClockJump(what)) {
          await Promise.all(what.clocks.map((clock) => moveClock(cloud, clock, what.seconds)));
          add('clock-jump', 1);
        } else await armFaults(cloud, what);
      });
      await happening;
    },
    async end() {
      await happening;
      await count();
      await fetch(`${cloud.awsEndpointUrl}/_errand/faults`, { method: 'DELETE' });
    },
  };
}

/** Moves a clock. @throws Error if the clock does not show the new time before the deadline */
async function moveClock(cloud: KillableCloud, clock: ClockName, seconds: number): Promise<void> {
  await cloud.moveClock(clock, seconds);
  const giveUpAt = performance.now() + JUMP_MS;
  do {
    const [least, time, most] = [Date.now(), await timeOf(cloud, clock).catch(() => NaN), Date.now()];
    const ahead = time - seconds * 1000;
    if (ahead > least - CLOCK_TOLERANCE_MS && ahead < most + CLOCK_TOLERANCE_MS) return;
    await wait(100);
  } while (performance.now() < giveUpAt);
  throw new Error(`The ${clock} clock did not move to ${seconds} s from the real time.`);
}

/** Reads a clock, in milliseconds since the epoch. */
async function timeOf(cloud: KillableCloud, clock: ClockName): Promise<number> {
  if (clock === 'cloud') {
    const { headers } = await fetch(`${cloud.awsEndpointUrl}/_errand/faults`);
    return Date.parse(headers.get('date') ?? '');
  }
  const [[time = ''] = []] = await sql(cloud, 'SELECT iso_8601(clock_timestamp())');
  return Date.parse(time);
}
