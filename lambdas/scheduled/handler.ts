import type { Context } from 'aws-lambda';
import { createFiringStore, createScheduleStore } from '../adapters/aurora/schedule-store.ts';
import { systemClock, createLog } from '../adapters/system.ts';
import { createScheduler } from '../adapters/scheduler/scheduler.ts';
import { createTimetable, type FiringEvent } from '../adapters/scheduler/timetable.ts';
import { openDatabase, openJobQueue, RESUME_MS } from '../composition/aurora-and-sqs.ts';
import { openActivity } from '../composition/dynamodb.ts';
import { environments, readEnvironment } from '../environment.ts';
import { SEND_MESSAGES, unavailableWithout } from '../jobs/messages/send-messages.ts';
import { fireSchedule } from '../job/schedules/fire-schedule.ts';

const environment = readEnvironment(environments.scheduled);

const { tenantMaxJobsInFlight: maxJobsInFlight } = environment;

const log = createLog();
const { now } = systemClock;
const dataApi = openDatabase(environment, () => RESUME_MS);
const store = { ...createScheduleStore(dataApi), ...createFiringStore(dataApi) };
const activity = openActivity(environment);
const queue = openJobQueue(environment, log);
const scheduler = createScheduler();

// Other types are always available.
const noMessages = unavailableWithout({ url: environment.messagesUrl });
const unavailable = new Map(noMessages === undefined ? [] : [[SEND_MESSAGES, noMessages]]);

/** What a firing came to, for whoever invokes the function by hand. */
interface Answer {
  verdict: string;
  job_id: string | null;
}

/** Submits the job of a schedule that fired; EventBridge Scheduler invokes it. See {@link fireSchedule}. */
export async function handler(event: Partial<FiringEvent>, context: Context): Promise<Answer> {
  const { tenant, schedule, revision, fire_time: time } = event;
  const fireTime = new Date(time ?? '');
  if (!tenant || !schedule || !revision || Number.isNaN(fireTime.getTime())) {
    log.error('An event is no firing of a schedule; it is dropped.');
    return { verdict: 'malformed', job_id: null };
  }
  // A schedule that has to be mended fires this function again.
  const timetable = createTimetable(scheduler, environment, () => context.invokedFunctionArn);
  const fired = await fireSchedule(
    { tenant, name: schedule, revision, fireTime: fireTime.toISOString() },
    {
      ...{ store, timetable, queue, activity, clock: systemClock, now, log, unavailable, maxJobsInFlight },
      queues: environment.jobQueues,
    },
  );
  return { verdict: fired.verdict, job_id: 'jobId' in fired ? fired.jobId : null };
}
