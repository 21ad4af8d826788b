import type { UnavailableTypes } from '../job-type.ts';
import type { Activity } from '../activity.ts';
import type { Clock } from '../clock.ts';
import type { JobQueue } from '../job-queue.ts';
import type { ServiceLog } from '../log.ts';
import type { TraceContext } from '../trace-context.ts';
import type { Tracer } from '../tracer.ts';
import { wakeWorkers } from '../submit.ts';
import type { Firing } from './firing.ts';
import { placeSchedule, type PlacePorts } from './place-schedule.ts';
import type { Fired, FiringQueue, FiringStore, ScheduleStore } from './ports.ts';

export interface FirePorts extends PlacePorts {
  store: Pick<ScheduleStore, 'get' | 'markPlaced' | 'markUnplaced'> & FiringStore;
  queue: JobQueue;
  activity: Activity;
  clock: Clock;
  log: ServiceLog;
  /** Job types that can't run. Their schedules don't submit jobs, because every job would fail. */
  unavailable: UnavailableTypes;
  /**
   * The maximum number of unfinished jobs per tenant; 0 for no limit. A firing that would exceed the limit doesn't submit a
   * job.
   */
  maxJobsInFlight: number;
  /** The queue of each job type that doesn't use the default queue. */
  queues: ReadonlyMap<string, string>;
  /** Creates the spans of firings. @default - no spans */
  tracer?: Tracer | undefined;
}

/**
 * Submits a firing's job. One statement records the firing and writes the job; then a message wakes a worker. If a firing
 * is delivered twice, no second job is created, but the first job's message is sent again, in case it could not be sent
 * the first time. If the schedule was deleted or has a newer revision, this function also updates the outdated timetable.
 *
 * @throws StoreUnavailableError if the firing should be delivered again
 */
export async function fireSchedule(
  firing: Firing,
  ports: FirePorts,
): Promise<Fired | { verdict: 'unknown' }> {
  const { store, clock, log, unavailable, queues, maxJobsInFlight } = ports;
  await ports.activity.mark();
  const ids = { jobId: clock.newId(), callbackJobId: clock.newId() };
  const jobTypes = { unavailable: [...unavailable.keys()], queues };
  const fire = (trace?: TraceContext): Promise<Fired | undefined> =>
    store.fire(firing, ids, jobTypes, maxJobsInFlight, trace);
  const fired = await (ports.tracer ? ports.tracer.firing(fire) : fire());
  if (fired?.jobId) {
    const { jobId, queue } = fired;
    await wakeWorkers([{ jobId, delaySeconds: 0, tenant: firing.tenant, queue }], ports);
  }
  if (fired?.revision !== firing.revision) await mend(firing, fired, ports);
  logFiring(firing, fired, log);
  return fired ?? { verdict: 'unknown' };
}

/**
 * Handles a firing that EventBridge Scheduler sent directly to this function. Earlier releases registered schedules with
 * this function as the target; now the target is the firing queue. Lambda retries a failed invocation for only a few
 * minutes, so a firing that fails here is sent to the queue. The schedule is registered again, with the queue as its target.
 *
 * @throws Error if the firing could be neither processed nor sent to the queue
 */
export async function fireFromOldTarget(
  firing: Firing,
  ports: FirePorts & { firings: FiringQueue },
): Promise<Fired | { verdict: 'unknown' | 'queued' }> {
  try {
    // No schedule ever has this revision, so `fireSchedule` treats the schedule as outdated.
    return await fireSchedule({ ...firing, revision: OLD_TARGET }, ports);
  } catch (error) {
    ports.log.warn('firing_queued', 'A firing could not be decided, so it was sent to the queue.', {
      schedule: firing.name,
      error,
    });
    await ports.firings.send({ ...firing, revision: OLD_TARGET });
    return { verdict: 'queued' };
  }
}

/** The revision for firings from old registrations, so that `fireSchedule` registers their schedules again. */
const OLD_TARGET = '0';

function logFiring(firing: Firing, fired: Fired | undefined, log: ServiceLog): void {
  const { verdict, jobId = null } = fired ?? { verdict: 'unknown' as const };
  const isLost = verdict === 'unknown' || verdict === 'unavailable' || verdict === 'too-old';
  const about = {
    tenant: firing.tenant,
    schedule: firing.name,
    fire_time: firing.fireTime,
    queue: fired?.queue,
    type: fired?.type,
    verdict,
    job_id: jobId,
  };
  if (isLost) log.warn('firing_dropped', 'A firing was dropped without submitting a job.', about);
  else log.info('schedule_fired', 'A schedule fired.', about);
}

/** Updates the timetable after an outdated firing has been processed. If the update fails, the next firing tries again. */
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
    log.warn('timetable_not_mended', 'The timetable does not match the schedule and could not be updated.', {
      schedule: name,
      error,
    });
  }
}
