/** CloudWatch's clock. The clock follows the system clock until a test stops it. Once stopped, the clock advances only when the test advances it. */
export interface CloudWatchClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Returns the time that this clock showed when the system clock showed `systemTime`. */
  at(systemTime: number): number;
  /** Returns the time that this clock showed `milliseconds` ms ago. */
  ago(milliseconds: number): number;
  readonly isStopped: boolean;
  /** Stops the clock, and advances it by `milliseconds` ms. */
  stopIn(milliseconds: number): void;
  /** Restarts the clock from its current time. */
  resume(): void;
}

/** A period of system time in which this clock is either stopped or offset from the system clock by a constant. */
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
