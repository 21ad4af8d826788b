import type { UnavailableTypes } from '../job-type.ts';
import type { Activity } from '../activity.ts';
import type { Clock } from '../clock.ts';
import type { JobQueue } from '../job-queue.ts';
import type { Log } from '../log.ts';
import { wakeWorkers } from '../submit.ts';
import { placeSchedule, type PlacePorts } from './place-schedule.ts';
import type { Fired, FiringStore, ScheduleStore } from './ports.ts';

/** A firing, as the timetable delivers it: at least once, maybe late. */
export interface Firing {
  tenant: string;
  name: string;
  /** The time that was scheduled, ISO 8601: what a firing is known by. */
  fireTime: string;
  /** The revision of the schedule that fired. */
  revision: string;
}

export interface FirePorts extends PlacePorts {
  store: Pick<ScheduleStore, 'get' | 'markPlaced' | 'markUnplaced'> & FiringStore;
  queue: JobQueue;
  activity: Activity;
  clock: Clock;
  log: Log;
  /** A schedule of one of these types gives no job: it could only fail, at every firing. */
  unavailable: UnavailableTypes;
  /** A tenant's limit on jobs in flight; 0 for no limit. A firing beyond the limit submits nothing. */
  maxJobsInFlight: number;
  /** The queues of the job types that are not on the default one. */
  queues: ReadonlyMap<string, string>;
}

/**
 * Submits the job of a firing: decides it and writes the job in one statement, then wakes a worker. The same firing again
 * gives no second job; it wakes the worker of the first, in case that was not done. A firing of no schedule, or of an old
 * revision, shows that the timetable is behind, and mends it.
 *
 * @throws StoreUnavailableError; the firing should be delivered again
 */
export async function fireSchedule(
  firing: Firing,
  ports: FirePorts,
): Promise<Fired | { verdict: 'unknown' }> {
  const { store, clock, log, unavailable, queues, maxJobsInFlight } = ports;
  await ports.activity.mark();
  const ids = { jobId: clock.newId(), callbackJobId: clock.newId() };
  const jobTypes = { unavailable: [...unavailable.keys()], queues };
  const fired = await store.fire(firing, ids, jobTypes, maxJobsInFlight);
  if (fired?.jobId) {
    const { jobId, queue } = fired;
    await wakeWorkers([{ jobId, delaySeconds: 0, tenant: firing.tenant, queue }], ports);
  }
  if (fired?.revision !== firing.revision) await mend(firing, fired, ports);
  const { verdict, jobId = null } = fired ?? { verdict: 'unknown' as const };
  log.info('A schedule fired.', {
    schedule: firing.name,
    fire_time: firing.fireTime,
    verdict,
    job_id: jobId,
  });
  return fired ?? { verdict: 'unknown' };
}

/** The job is what counts: a timetable that can't be mended now is mended at the next firing. */
async function mend(
  { tenant, name }: Firing,
  fired: Fired | undefined,
  { store, timetable, now, log }: FirePorts,
): Promise<void> {
  try {
    if (fired) await store.markUnplaced(tenant, name, fired.revision);
    const schedule = await store.get(tenant, name);
    if (schedule) await placeSchedule(schedule, { store, timetable, now });
    else await timetable.strike(tenant, name);
  } catch (error) {
    log.warn('The timetable is behind its schedule and could not be mended.', { schedule: name, error });
  }
}
