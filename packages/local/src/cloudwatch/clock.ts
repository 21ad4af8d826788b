/** CloudWatch's clock. It goes with the system's until a test stops it: then only the test moves it. */
export interface CloudWatchClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** What this clock showed when the system's clock showed `systemTime`. */
  at(systemTime: number): number;
  /** What this clock showed some milliseconds ago. */
  ago(milliseconds: number): number;
  readonly isStopped: boolean;
  /** Stops the clock, this much later than it shows now. */
  stopIn(milliseconds: number): void;
  /** Lets the clock go again, from what it shows. */
  resume(): void;
}

/** From a moment of the system's clock on, the clock either shows one time, or is ahead of the system's. */
interface Stretch {
  readonly since: number;
  readonly shows: (systemTime: number) => number;
}

export function createCloudWatchClock(systemNow: () => number): CloudWatchClock {
  const stretches: Stretch[] = [{ since: -Infinity, shows: (systemTime) => systemTime }];
  let isStopped = false;
  const at = (systemTime: number): number =>
    stretches.findLast(({ since }) => since <= systemTime)?.shows(systemTime) ?? systemTime;
  const now = (): number => {
    const systemTime = systemNow();
    return stretches.at(-1)?.shows(systemTime) ?? systemTime;
  };

  return {
    now,
    at,
    ago: (milliseconds) => at(systemNow() - milliseconds),
    get isStopped() {
      return isStopped;
    },
    stopIn(milliseconds) {
      const time = now() + milliseconds;
      stretches.push({ since: systemNow(), shows: () => time });
      isStopped = true;
    },
    resume() {
      if (!isStopped) return;
      const since = systemNow();
      const ahead = now() - since;
      stretches.push({ since, shows: (systemTime) => systemTime + ahead });
      isStopped = false;
    },
  };
}
