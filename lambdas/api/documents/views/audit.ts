import * as z from 'zod';
import { AUDIT_ACTIONS, type AuditEntry } from '../../../job/audit.ts';
import { moment, uuid } from '../../../job/job-schema.ts';
import { named, pageFields, shapeOf } from '../components.ts';

const auditEntry = named(
  'AuditEntry',
  shapeOf<AuditEntry>()(
    z.object({
      entry_id: uuid.meta({
        description: 'For `job.submit`, the job’s id; for `message.create`, the message’s id.',
      }),
      create_time: moment,
      actor: z.string().nullable().meta({
        description:
          '`key:` and an API key’s id, `subject:` and a token’s subject, an IAM principal’s ARN, `job:` and a job’s id, `schedule:` and a schedule’s name, or `batch:` and a batch’s id. Null if unknown.',
      }),
      action: named(
        'AuditAction',
        z.enum(AUDIT_ACTIONS).meta({
          description:
            'What was done. `schedule.revert`: EventBridge Scheduler rejected a schedule, so Errand undid the change.',
        }),
      ),
      subject: z.string().meta({
        description:
          'The id of the job, message or API key, the name of the schedule, queue or job type, the concurrency key, or the new generation of the webhook key.',
      }),
    }),
  ),
);

export const auditPage = named('AuditPage', z.object({ items: z.array(auditEntry), ...pageFields }));

export const auditEntryExample: AuditEntry = {
  entry_id: '0192f3a0-7c1e-7000-8000-000000000002',
  create_time: '2030-01-31T12:00:00.000Z',
  actor: 'key:516069fe8e2095c3',
  action: 'job.cancel',
  subject: '0192f3a0-7c1e-7000-8000-000000000000',
};
