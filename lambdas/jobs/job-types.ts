import type { JobType, JobTypes } from '../job/job-type.ts';
import { analyze } from './analyze/analyze.ts';
import { createSendMessages, type MessagesSettings } from './messages/send-messages.ts';
import { sleep } from './sleep.ts';
import { createWebhook, type WebhookSettings } from './webhooks/webhook.ts';

/** The type of a submission that names none. */
export const DEFAULT_JOB_TYPE = sleep.name;

/** What the job types need of their deployment. */
export interface JobTypeSettings {
  readonly webhook: WebhookSettings;
  readonly messages: MessagesSettings;
}

/** Every job type of a deployment, by name. A new one is a file beside this one, and a place in this list. */
export function createJobTypes({ webhook, messages }: JobTypeSettings): JobTypes {
  const jobTypes: JobType[] = [sleep, analyze, createWebhook(webhook), createSendMessages(messages)];
  return new Map(jobTypes.map((jobType) => [jobType.name, jobType]));
}
