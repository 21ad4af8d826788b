import { SendMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { createSchedulerClient, eventOf } from '../helpers/firings.ts';
import { sql } from '../helpers/embedded.ts';
import type { Finding } from './verdict.ts';

const NAME = 'chaos';
const EVERY_MS = 250;

/** In seconds. Short, so that a firing whose function died is soon received again. */
const VISIBILITY_TIMEOUT = 7;

/** A schedule whose firings come while the faults strike. */
export interface Firings {
  /** The times that were sent. */
  readonly times: ReadonlySet<string>;
  /** Sends firings until the signal, as EventBridge Scheduler does: at least once. */
  send(signal: AbortSignal): Promise<void>;
  /**
   * Sends nothing while `deploy` runs: a deployment sets the queue back to its visibility timeout of six minutes, for which the run would
   * have to wait if a fault strikes what is received then.
   */
  pauseFor(deploy: () => Promise<void>): Promise<void>;
  /** Each firing has submitted one job. */
  judge(): Promise<Finding[]>;
}

/** Lets firings whose function died return soon. */
async function shortenVisibility(cloud: Cloud): Promise<void> {
  await cloud.sqs.send(
    new SetQueueAttributesCommand({
      QueueUrl: cloud.output('FiringsQueueUrl'),
      Attributes: { VisibilityTimeout: String(VISIBILITY_TIMEOUT) },
    }),
  );
}

/** @throws Error if the schedule can't be written, before any fault */
export async function prepareFirings(cloud: Cloud): Promise<Firings> {
  const QueueUrl = cloud.output('FiringsQueueUrl');
  await shortenVisibility(cloud);
  const { status } = await cloud.api.call('PUT', `/v1/schedules/${NAME}`, {
    ...{
      cron: '0 0 1 1 ? 2090',
      overlap: 'allow',
      job: { type: 'sleep', payload: { seconds: 0 }, max_attempts: 4 },
    },
  });
  if (status !== 201) throw new Error(`The schedule was answered ${status}.`);
  const scheduler = createSchedulerClient(cloud);
  const firing = await eventOf(cloud, scheduler, NAME, '');
  scheduler.destroy();
  const times = new Set<string>();
  let isPaused = false;

  async function sendOne(): Promise<void> {
    const time = new Date().toISOString();
    times.add(time);
    const MessageBody = JSON.stringify({ ...firing, fire_time: time });
    await cloud.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: 'default' }));
  }

  return {
    times,
    async send(signal) {
      while (!signal.aborted) {
        if (!isPaused) await sendOne();
        await wait(EVERY_MS, undefined, { signal }).catch(() => undefined);
      }
    },
    async pauseFor(deploy) {
      isPaused = true;
      try {
        await deploy();
      } finally {
        await shortenVisibility(cloud);
        isPaused = false;
      }
    },
    async judge() {
      const rows = await sql(cloud, `SELECT object_id FROM jobs WHERE object_id LIKE 'schedule#${NAME}#%'`);
      const submitted = rows.map(([object = '']) => object.split('#')[2] ?? '');
      const lost = [...times].filter((time) => !submitted.includes(time));
      const doubled = submitted.filter((time, index) => submitted.indexOf(time) !== index);
      return [
        ...lost.map((time): Finding => ({ failing: 'lost', jobId: null, what: `the firing of ${time}` })),
        ...doubled.map((time): Finding => ({
          failing: 'doubled',
          jobId: null,
          what: `the firing of ${time}`,
        })),
      ];
    },
  };
}
