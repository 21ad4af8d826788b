import type { Job, JobSummary } from '../job/job.ts';
import type { Clock } from '../job/clock.ts';
import type { JobStore } from '../job/job-store.ts';
import type { UploadStore } from '../job/upload-store.ts';
import type { SchedulePorts } from '../job/schedules/manage-schedules.ts';
import type { StatisticsPorts } from '../job/statistics.ts';
import type { SubmitPorts } from '../job/submit.ts';
import type { WaitPorts } from '../job/wait.ts';
import type { MessageStore } from '../message/message.ts';
import type { KeyPorts } from '../webhook-key/manage-key.ts';
import type { AttachmentPorts } from './attached-file.ts';
import type { SubmissionRules } from './submission.ts';

/** Everything that the operations' handlers use, by capability. The api's handler.ts composes it. */
export interface Dependencies {
  readonly jobs: JobDependencies;
  readonly batches: SubmitPorts<JobSummary> & SubmissionRules;
  readonly uploads: { readonly store: UploadStore; readonly clock: Pick<Clock, 'now' | 'newId'> };
  readonly messages: {
    readonly store: MessageStore;
    /** A new UUIDv7. */
    readonly newId: () => string;
  };
  readonly schedules: ScheduleDependencies;
  /** Undefined in a deployment that sends no webhooks. */
  readonly webhookKeys: { readonly load: () => Promise<KeyPorts> } | undefined;
  readonly statistics: StatisticsPorts;
  readonly healthChecks: readonly HealthCheck[];
}

export interface JobDependencies extends SubmitPorts<Job>, SubmissionRules, WaitPorts, AttachmentPorts {
  readonly store: JobStore;
}

export interface ScheduleDependencies extends SchedulePorts, SubmissionRules {
  readonly now: () => Date;
}

/** Asks one store whether it answers. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}
