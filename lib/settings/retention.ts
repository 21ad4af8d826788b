import { Duration } from 'aws-cdk-lib/core';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { logRetention, seconds, trueOrFalse, wholeNumber } from './kinds.ts';
import { derived, setting } from './setting.ts';
import type { Relation } from './setting.ts';

/** Retention periods. */
export const retentionSettings = {
  dedupWindow: setting({
    text: 'How long submissions with the same `object_id` return the first job instead of creating a new one.',
    // Errand's limit. The dedup table is designed for short-lived keys, and its cost grows with the number of items.
    kind: seconds(1, 86_400),
    default: Duration.seconds(300),
  }),
  retentionDays: setting({
    text: 'How many days a job and its attempts are kept after the job ends. Messages are kept for the same time after they are sent or fail.',
    // Errand's limit. Jobs older than ten years belong in an archive.
    kind: wholeNumber(1, 3650),
    default: 30,
  }),
  uploadRetentionDays: setting({
    text: 'How many days an uploaded file is kept.',
    // Errand's limit. The bucket holds job input; it is not an archive.
    kind: wholeNumber(1, 365),
    default: derived(
      '7, or `retentionDays` if that is less',
      ({ retentionDays }: { retentionDays: number }) => Math.min(7, retentionDays),
    ),
  }),
  logRetentionDays: setting({
    text: 'How many days logs are kept. Must be one of CloudWatch Logs’ retention periods.',
    kind: logRetention,
    default: RetentionDays.ONE_MONTH,
  }),
  deletionProtection: setting({
    text:
      'Whether the database and the API key table are protected from deletion, and the uploads bucket is kept when the ' +
      'stack is deleted. With `false`, the data is deleted with the stack, without a final snapshot, and you must empty the ' +
      'bucket first.',
    kind: trueOrFalse,
    default: true,
  }),
};

export const retentionRelations: readonly Relation<typeof retentionSettings>[] = [
  {
    between: ['dedupWindow', 'retentionDays'],
    example: { dedupWindow: Duration.days(1), retentionDays: 1 },
    // A job's row must outlive its dedup window. The window opens before the job ends, and the retention period begins when the job ends. A
    // window that is shorter than the retention period therefore ends first.
    holds: ({ dedupWindow, retentionDays }) => dedupWindow.toDays({ integral: false }) < retentionDays,
    explain: ({ nameOf, quote }) =>
      `${quote('dedupWindow')} is as long as ${quote('retentionDays')} (days): ` +
      'when a duplicate arrives, the first job could already be deleted, so the job would run again. ' +
      `Raise ${nameOf('retentionDays')}, or lower ${nameOf('dedupWindow')}.`,
  },
  {
    between: ['uploadRetentionDays', 'retentionDays'],
    example: { uploadRetentionDays: 31, retentionDays: 30 },
    holds: ({ uploadRetentionDays, retentionDays }) => uploadRetentionDays <= retentionDays,
    explain: ({ nameOf, quote }) =>
      `${quote('uploadRetentionDays')} is more than ${quote('retentionDays')}: a file would outlive its job. ` +
      `Lower ${nameOf('uploadRetentionDays')} or raise ${nameOf('retentionDays')}.`,
  },
];
