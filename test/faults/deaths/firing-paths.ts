import { GetScheduleCommand } from '@aws-sdk/client-scheduler';
import { expect } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { invoke, sql } from '../../helpers/embedded.ts';
import { createSchedulerClient, eventOf, placed } from '../../helpers/firings.ts';
import { call, type Path, type Scene } from './path.ts';

const DECISION = call('rds-data', 'ExecuteStatement');
const SENT = call('sqs', 'SendMessage');
/**
 * An earlier release wrote the schedule's entry, so the entry is outdated. The function marks the row, reads it, writes the entry, and marks the row
 * again.
 */
const MENDING = [
  call('rds-data', 'ExecuteStatement', 2),
  call('rds-data', 'ExecuteStatement', 3),
  call('scheduler', 'UpdateSchedule'),
  call('rds-data', 'ExecuteStatement', 4),
];

interface FiringOptions {
  readonly title: string;
  readonly actor?: string;
  readonly steps: Path['steps'];
  /** Builds the event that the function receives for a firing. */
  readonly eventOf: (firing: object) => object;
}

const deliveryOf = (firing: object) => ({
  Records: [{ messageId: randomUUID(), receiptHandle: 'none', body: JSON.stringify(firing) }],
});

/** Creates the path of a firing that must submit one job. If the function does not finish the firing, it receives the firing again. */
function firing({ title, actor = 'ScheduledFunctionName', steps, eventOf: toEvent }: FiringOptions): Path {
  return {
    title,
    actor,
    steps,
    async begin(scene) {
      const { cloud, ends } = scene;
      const name = `s${randomUUID()}`;
      const { status } = await cloud.api.call('PUT', `/v1/schedules/${name}`, {
        ...{ cron: '0 0 1 1 ? 2090', overlap: 'allow', job: { type: 'sleep', payload: { seconds: 0 } } },
      });
      expect(status).toBe(201);
      const event = toEvent(await firingOf(scene, name));
      return {
        text: name,
        async attempt() {
          await invoke(cloud, cloud.output(actor), event).catch(() => undefined);
          return undefined;
        },
        async recover() {
          await invoke(cloud, cloud.output(actor), event);
          const jobs = await jobsOf(scene, name);
          expect(jobs).toHaveLength(1);
          expect(await ends.of(jobs[0] ?? '')).toBe('success');
          expect(await targetOf(scene, name)).toMatch(/:aws-sdk:sqs:sendMessage$/);
          expect((await cloud.api.call('DELETE', `/v1/schedules/${name}`)).status).toBe(204);
        },
      };
    },
  };
}

async function firingOf({ cloud }: Scene, name: string): Promise<object> {
  const scheduler = createSchedulerClient(cloud);
  const event = await eventOf(cloud, scheduler, name, new Date().toISOString());
  scheduler.destroy();
  return event;
}

async function targetOf({ cloud }: Scene, name: string): Promise<string> {
  const scheduler = createSchedulerClient(cloud);
  const [Name] = await placed(cloud, scheduler, `${name}.`);
  const key = { GroupName: cloud.output('ScheduleGroupName'), Name };
  const { Target } = await scheduler.send(new GetScheduleCommand(key));
  scheduler.destroy();
  return Target?.Arn ?? '';
}

/** Waits until the schedule has jobs, and returns them. A redelivered firing can arrive late. */
async function jobsOf({ cloud }: Scene, name: string): Promise<string[]> {
  for (;;) {
    const jobs = await sql(
      cloud,
      `SELECT CAST(job_id AS text) FROM jobs WHERE object_id LIKE 'schedule#' || :name || '#%'`,
      { name },
    );
    if (jobs.length > 0) return jobs.flat();
  }
}

export const FIRING = firing({
  title: 'a firing from the queue',
  steps: [DECISION, SENT],
  eventOf: deliveryOf,
});

/** Covers only the first call of an instance's first firing. {@link FIRING} covers the later calls. */
export const FIRST_FIRING = firing({
  title: 'an instance’s first firing',
  steps: [call('dynamodb', 'UpdateItem')],
  eventOf: deliveryOf,
});

export const OLD_ENTRY = firing({
  title: 'a firing of an entry from an earlier release',
  steps: [DECISION, SENT, ...MENDING],
  eventOf: (event) => event,
});

export const FIRING_SENT_AGAIN = firing({
  title: 'a dead letter with a firing',
  actor: 'DeadLetterFunctionName',
  steps: [SENT],
  eventOf: deliveryOf,
});
