import { deliver, type DeliveryPorts } from './deliver.ts';
import { nextFiring, type Schedule } from './schedule.ts';
import type { ScheduleStore } from './schedule-store.ts';

/** Fires due schedules. */
export interface FiringLoop {
  /** Starts firing. The first firings are those that the last run did not finish delivering, and those that are due now. */
  begin(): void;
  /** Call this after a schedule is written or deleted. */
  changed(): void;
  end(): Promise<void>;
}

/**
 * The maximum interval between clock checks, in milliseconds. The clock must be checked regularly, because timers are late after a laptop has been
 * asleep.
 */
const LONGEST_WAIT_MS = 30_000;

/**
 * Creates the loop that fires schedules at their times. If the machine was off or asleep at several of a schedule's times, the schedule fires
 * only once, for the first missed time. A firing is recorded before it is sent to its target, and stays recorded until it has been delivered. After a
 * crash, the firing is delivered again with the same scheduled time.
 */
export function createFiringLoop(store: ScheduleStore, ports: DeliveryPorts): FiringLoop {
  const { clock } = ports;
  const ending = new AbortController();
  const deliveries = new Set<Promise<void>>();
  let isOpen = false;
  let cancelTimer: (() => void) | undefined;

  function look(): void {
    cancelTimer?.();
    if (!isOpen) return;
    let soonest = Infinity;
    for (const schedule of store.all()) {
      if (schedule.State === 'DISABLED') continue;
      const due = nextFiring(schedule);
      if (due === undefined) {
        retire(schedule);
      } else if (due <= clock.now()) {
        const fired = { ...schedule, firedUntil: clock.now(), onTheWay: [...schedule.onTheWay, due] };
        store.set(fired);
        send(fired, due);
        soonest = Math.min(soonest, nextFiring(fired) ?? clock.now() + LONGEST_WAIT_MS);
      } else {
        soonest = Math.min(soonest, due);
      }
    }
    cancelTimer = clock.after(Math.max(0, Math.min(soonest - clock.now(), LONGEST_WAIT_MS)), look);
  }

  function send(schedule: Schedule, time: number): void {
    const delivery = deliver(schedule, time, ending.signal, ports).then((hasEnded) => {
      deliveries.delete(delivery);
      const current = store.get(schedule.GroupName, schedule.Name);
      if (!hasEnded || !current) return;
      const arrived = { ...current, onTheWay: current.onTheWay.filter((each) => each !== time) };
      store.set(arrived);
      retire(arrived);
    });
    deliveries.add(delivery);
  }

  /** Deletes a schedule that has ended, if its ActionAfterCompletion is DELETE. */
  function retire(schedule: Schedule): void {
    const { ActionAfterCompletion: action, onTheWay, GroupName, Name } = schedule;
    if (action === 'DELETE' && onTheWay.length === 0 && nextFiring(schedule) === undefined) {
      store.remove(GroupName, Name);
    }
  }

  return {
    begin() {
      isOpen = true;
      for (const schedule of store.all()) {
        for (const time of schedule.onTheWay) send(schedule, time);
      }
      look();
    },
    changed: look,
    async end() {
      isOpen = false;
      cancelTimer?.();
      ending.abort();
      await Promise.all(deliveries);
    },
  };
}
