import { BULK_CHANGES, REPLACEMENTS } from './list/bulk-changes.ts';
import { ADMISSION, CHANGES, ENTRIES, ENTRIES_OF_OTHER_STORES, INSERTS, ROOM } from './list/changes.ts';
import { CLAIMS } from './list/claims.ts';
import { CANCELLATIONS, DEAD_LETTERS, ENDED_JOBS } from './list/ends.ts';
import {
  APPROVALS,
  CANCELED_CHILDREN,
  RECORDED_STEPS,
  SENT_SIGNALS,
  WAKE_UPS_OF_FAMILIES,
} from './list/families.ts';
import { FLOW_CONTROL } from './list/flow-control.ts';
import { HOLDS, PAUSED, SET_LIMITS } from './list/holds.ts';
import { MENDED_JOBS, PRUNING, SWEEPS } from './list/mending.ts';
import { BEATS, OUTCOMES, WAITS } from './list/outcomes.ts';
import {
  COMPLETED_BATCHES,
  READ_AUDIT,
  READ_BATCHES,
  READ_COUNTS,
  READ_JOBS,
  READ_MESSAGES,
  READ_QUEUES,
  READ_STEPS,
} from './list/reads.ts';
import { BATCH_TRIGGERS, FIRINGS, KEY_ROTATIONS, SCHEDULES } from './list/schedules.ts';
import { DEDUP_ITEM, DEDUP_WINDOW, DEDUP_WINDOWS, DEDUPLICATION, SUBMISSIONS } from './list/submissions.ts';
import { DELIVERED, EXECUTIONS, SENT_MESSAGES, SETTLEMENTS } from './list/worker.ts';
import { placed } from './mutant.ts';

/** All mutants, in the order in which they are numbered. */
export const MUTANTS = placed([
  CLAIMS,
  OUTCOMES,
  WAITS,
  BEATS,
  CHANGES,
  ENTRIES,
  ENTRIES_OF_OTHER_STORES,
  INSERTS,
  ADMISSION,
  ROOM,
  BULK_CHANGES,
  REPLACEMENTS,
  CANCELED_CHILDREN,
  WAKE_UPS_OF_FAMILIES,
  SENT_SIGNALS,
  RECORDED_STEPS,
  APPROVALS,
  FLOW_CONTROL,
  HOLDS,
  PAUSED,
  SET_LIMITS,
  MENDED_JOBS,
  PRUNING,
  SWEEPS,
  READ_JOBS,
  READ_STEPS,
  READ_AUDIT,
  READ_COUNTS,
  READ_QUEUES,
  READ_BATCHES,
  READ_MESSAGES,
  COMPLETED_BATCHES,
  FIRINGS,
  SCHEDULES,
  BATCH_TRIGGERS,
  KEY_ROTATIONS,
  EXECUTIONS,
  SETTLEMENTS,
  DELIVERED,
  SENT_MESSAGES,
  DEDUP_WINDOW,
  DEDUP_WINDOWS,
  DEDUP_ITEM,
  DEDUPLICATION,
  SUBMISSIONS,
  ENDED_JOBS,
  DEAD_LETTERS,
  CANCELLATIONS,
]);
