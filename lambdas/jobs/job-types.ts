import { BULK_JOB_TYPE, CALLBACK_JOB_TYPE } from '../job/catalogue.ts';
import type { JobDefinition } from '../job/definition.ts';
import { runnable, type DeploymentRules, type JobType, type RunnableJobType } from '../job/job-type.ts';
import { toRetryPolicy } from '../job/retry-policy.ts';
import type { UserJobType } from '../job/user-job-types.ts';
import { analyze } from './analyze/analyze.ts';
import { createBulk, type RunBulk } from './bulk/bulk.ts';
import {
  createSendMessages,
  SEND_MESSAGES,
  unavailableWithout,
  type MessagesSettings,
} from './messages/send-messages.ts';
import { useEnglishMessages } from './english-messages.ts';
import { sleep } from './sleep.ts';
import { createWebhook, refuseHosts, type WebhookSettings } from './webhooks/webhook.ts';

useEnglishMessages();

/** The deployment's settings for the built-in job types. */
export interface BuiltInSettings {
  readonly webhook: WebhookSettings;
  readonly messages: MessagesSettings;
  /** Runs bulk jobs. Set only in the worker. */
  readonly runBulk?: RunBulk;
}

/**
 * Returns the built-in job types that clients may submit. To add a job type, add a file to this folder, and an entry to this
 * list.
 */
export function builtInDefinitions({ webhook, messages }: BuiltInSettings): readonly JobDefinition[] {
  return [sleep, analyze, createWebhook(webhook), createSendMessages(messages)];
}

/** Creates the built-in job types, by name. */
export function createBuiltInJobTypes(settings: BuiltInSettings): ReadonlyMap<string, RunnableJobType> {
  const rules: Readonly<Record<string, DeploymentRules>> = {
    [CALLBACK_JOB_TYPE]: { refusal: refuseHosts(settings.webhook) },
    [SEND_MESSAGES]: { unavailable: unavailableWithout(settings.messages) },
  };
  return new Map(
    [...builtInDefinitions(settings), createBulk(settings.runBulk)].map((definition) => [
      definition.name,
      runnable(definition, { isBuiltIn: true, ...rules[definition.name] }),
    ]),
  );
}

/**
 * Returns the job types that clients may submit, by name.
 *
 * @param enabled the `BUILT_IN_JOBS` setting: `true`, `false`, or names separated by commas
 */
export function submittableJobTypes(
  builtIn: ReadonlyMap<string, JobType>,
  enabled: string,
  userJobTypes: readonly UserJobType[],
): ReadonlyMap<string, JobType> {
  const submittable = new Map(
    [...builtIn].filter(([name]) => name !== BULK_JOB_TYPE && isEnabled(name, enabled)),
  );
  for (const jobType of userJobTypes) {
    const { timeoutSeconds, maxDurationSeconds, retry } = jobType;
    submittable.set(jobType.name, {
      ...jobType,
      timeoutSeconds,
      maxDurationSeconds,
      retry: toRetryPolicy(retry),
      unavailable: undefined,
    });
  }
  return submittable;
}

/** Whether the `BUILT_IN_JOBS` setting includes a built-in job type. */
export function isEnabled(name: string, enabled: string): boolean {
  return enabled === 'true' || (enabled !== 'false' && enabled.split(',').includes(name));
}
