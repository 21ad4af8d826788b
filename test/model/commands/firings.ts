import type { SQSRecord } from 'aws-lambda';
import fc from 'fast-check';
import { createFiringStore, createScheduleStore } from '../../../lambdas/adapters/aurora/schedule-store.ts';
import { readFirings } from '../../../lambdas/adapters/sqs/deliveries.ts';
import { firingMessage } from '../../../lambdas/adapters/sqs/firing-queue.ts';
import { StoreUnavailableError } from '../../../lambdas/job/errors.ts';
import { fireSchedule } from '../../../lambdas/job/schedules/fire-schedule.ts';
import type { ScheduleDefinition } from '../../../lambdas/job/schedules/schedule.ts';
import { FIRINGS } from '../world/queue.ts';
import { entryOf } from '../../helpers/audit-entries.ts';
import type { World } from '../world/world.ts';
import { activityOf } from './api.ts';
import { command, type Command } from './command.ts';

/** The timeout of the function that handles firings, in milliseconds. */
const SCHEDULED_MS = 60_000;

/** The instance number of the function that handles firings. Each instance has its own activity log. The API's instances have lower numbers. */
const INSTANCE = 2;

const NAME = 'every';
const MOST_FIRINGS = 4;

const SCHEDULE: ScheduleDefinition = {
  ...{ rate: '1 minute', cron: null, timezone: 'UTC', start_at: null, end_at: null, overlap: 'allow' },
  ...{ state: null, type: 'sleep', payload: {}, max_attempts: 2, timeout_seconds: 46, callback: null },
};

/** Creates the model's schedule, with its initial revision. */
export async function putSchedule(world: World): Promise<void> {
  const store = createScheduleStore(world.db.dataApi(({ send }) => send()));
  await store.put('default', NAME, SCHEDULE, entryOf('schedule.put', world.clock.newId()));
  await world.db.run('UPDATE schedules SET revision = 1');
}

/** EventBridge Scheduler sends a firing of the schedule. Delivery is at least once, so the firing is either new or a duplicate of the last one. */
export const fires: fc.Arbitrary<Command> = fc.boolean().map((again) =>
  command(
    again ? 'fire again' : 'fire',
    () => true,
    (world) => {
      const last = [...world.fired].at(-1);
      const isNew = !again && world.fired.size < MOST_FIRINGS;
      fire(world, isNew || last === undefined ? new Date(world.now).toISOString() : last);
    },
  ),
);

export function fire(world: World, fireTime: string): void {
  world.fired.add(fireTime);
  const { MessageBody: body } = firingMessage({ tenant: 'default', name: NAME, revision: '1', fireTime });
  world.queue.put(FIRINGS, body, 0);
}

export const firingDeliveries: fc.Arbitrary<Command> = fc.constant(
  command(
    'deliver firings',
    ({ actors, queue }) =>
      actors.active('scheduled').length < 1 &&
      queue.visible(queue.main).some(({ queue: name }) => name === FIRINGS),
    startScheduled,
  ),
);

/**
 * Runs one invocation of the function that handles firings, and applies the response as the event source mapping would.
 */
export function startScheduled(world: World): void {
  const messages = world.queue.receive(FIRINGS, 2);
  if (messages.length === 0) return;
  const { log, clock, limits } = world;
  const records = messages.map(({ id, body }) => ({ messageId: id, body })) as SQSRecord[];
  world.actors.start('scheduled', world.now + SCHEDULED_MS, async (actor) => {
    const dataApi = world.dataApi(actor);
    const unexpected = (): never => {
      throw new Error("The firing has the schedule's current revision, so nothing needs mending.");
    };
    const ports = {
      store: { ...createScheduleStore(dataApi), ...createFiringStore(dataApi) },
      timetable: { enter: unexpected, strike: unexpected },
      queue: world.jobQueue(actor),
      activity: activityOf(world, actor, INSTANCE),
      ...{
        clock,
        now: clock.now,
        log,
        unavailable: new Map<string, string>(),
        queues: new Map<string, string>(),
      },
      maxJobsInFlight: limits.maxJobsInFlight,
    };
    const decided = await Promise.all(
      readFirings(records, log).map(({ id, firing }) =>
        fireSchedule(firing, ports).then(
          () => [id],
          (error: unknown) => {
            if (!(error instanceof StoreUnavailableError))
              world.violations.push(`A firing failed: ${String(error)}`);
            return [];
          },
        ),
      ),
    );
    const done = decided.flat();
    if (done.length === 0) return;
    const remove = (): void => {
      world.queue.remove(done);
    };
    await world.actors.ask(actor, 'sqs', `DeleteMessage ${done.join(', ')}`, remove).catch(() => undefined);
  });
}
