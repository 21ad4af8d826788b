import { SendMessageCommand } from '@aws-sdk/client-sqs';
import type { Template } from 'errand-local/template/template';
import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { createSchedulerClient, eventOf } from '../helpers/firings.ts';
import { sql } from '../helpers/embedded.ts';
import type { Keys } from './requests.ts';
import type { Tenant } from './schedule.ts';
import type { Finding } from './verdict.ts';

const NAME = 'chaos';
const TENANT: Tenant = 'north';
const EVERY_MS = 500;
/** How long a firing is retried while the cloud is down, in milliseconds. */
const GIVE_UP_MS = 60_000;

/** The firing queue's visibility timeout and the function's timeout, in seconds. */
const VISIBILITY_TIMEOUT = 7;

/** The firings of a schedule while faults are injected. */
export interface Firings {
  /** The times of all firings sent so far. */
  readonly times: ReadonlySet<string>;
  /** Sends firings until the signal is aborted. As with EventBridge Scheduler, each firing is sent at least once. */
  send(signal: AbortSignal): Promise<void>;
  /** Checks that each firing submitted exactly one job. */
  judge(): Promise<Finding[]>;
}

/**
 * Shortens the firing queue's visibility timeout, and its function's timeout, so that a firing is soon received again if the function dies. Edits
 * the template, because no setting changes these timeouts.
 */
export function shortenVisibility({ Resources: resources }: Template): void {
  for (const [logicalId, { Properties: properties }] of Object.entries(resources)) {
    if (!properties) continue;
    if (/^ErrandSchedulesFirings[0-9A-F]{8}$/.test(logicalId))
      properties.VisibilityTimeout = VISIBILITY_TIMEOUT;
    if (/^ErrandSchedulesFunction[0-9A-F]{8}$/.test(logicalId)) properties.Timeout = VISIBILITY_TIMEOUT;
  }
}

/** Creates the schedule. Call this before any fault is injected. @throws Error if the schedule can't be created */
export async function prepareFirings(cloud: Cloud, keys: Keys): Promise<Firings> {
  const QueueUrl = cloud.output('FiringsQueueUrl');
  const schedule = {
    cron: '0 0 1 1 ? 2090',
    overlap: 'allow',
    job: { type: 'sleep', payload: { seconds: 0 }, max_attempts: 4 },
  };
  const { status } = await cloud.api.call('PUT', `/v1/schedules/${NAME}`, schedule, keys[TENANT]);
  if (status !== 201) throw new Error(`The schedule got ${status}.`);
  const scheduler = createSchedulerClient(cloud);
  const firing = await eventOf(cloud, scheduler, NAME, '');
  scheduler.destroy();
  const times = new Set<string>();

  async function sendOne(): Promise<void> {
    const time = new Date().toISOString();
    times.add(time);
    const MessageBody = JSON.stringify({ ...firing, fire_time: time });
    const command = new SendMessageCommand({ QueueUrl, MessageBody, MessageGroupId: TENANT });
    // Like EventBridge Scheduler, this code retries a firing while SQS is down.
    const giveUpAt = performance.now() + GIVE_UP_MS;
    for (;;) {
      try {
        await cloud.sqs.send(command);
        return;
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
      }
      await wait(EVERY_MS);
    }
  }

  return {
    times,
    async send(signal) {
      while (!signal.aborted) {
        await sendOne();
        await wait(EVERY_MS, undefined, { signal }).catch(() => undefined);
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
