import {
  BATCH,
  BATCH_OF_ENDED_WINDOWS,
  CANCEL,
  CLOSED_BATCH,
  KEY_ROTATION,
  RETRY,
  SUBMISSION,
  TAKE_OVER,
  WAIT,
} from './api-paths.ts';
import { LIMIT, PAUSE, RESUME } from './pause-paths.ts';
import { LETTER_WITHOUT_QUEUE, LOST, PRUNE, ROLL_UP, SENT_AGAIN, SWEEP } from './mending-paths.ts';
import { PARKS, RATE_LIMITED, WAKES, YIELDS } from './flow-paths.ts';
import { CANCELS_CHILDREN, LAST_CHILD, LAST_CHILD_AGAINST_CANCEL } from './family-paths.ts';
import {
  EXPIRES,
  FANS_OUT,
  GOES_ON_IN_ITS_VERSION,
  SIGNAL_AGAINST_TIMEOUT,
  SIGNALS,
  WAITS_FOR_SIGNAL,
} from './step-paths.ts';
import { FIRING, FIRING_SENT_AGAIN, OLD_ENTRY } from './firing-paths.ts';
import { DEBOUNCE, NEXT_DEBOUNCE, REPLACEMENT } from './replacing-paths.ts';
import { BULK_PATHS } from './bulk-paths.ts';
import {
  CANCELED,
  COMPLETES_BATCH,
  LOGS,
  RUNS_IN_FUNCTION,
  SUBMITS,
  SUCCESS,
  THROWS,
  WRITES_FILE,
} from './worker-paths.ts';
import { GIVES_BACK, RUNS_ALONE } from './pair-paths.ts';
import type { Path } from './path.ts';

/** The paths for which a test checks that the list of calls is complete. */
export const PATHS: readonly Path[] = [
  SUBMISSION,
  TAKE_OVER,
  BATCH,
  BATCH_OF_ENDED_WINDOWS,
  REPLACEMENT,
  DEBOUNCE,
  NEXT_DEBOUNCE,
  CLOSED_BATCH,
  CANCEL,
  RETRY,
  ...[SIGNALS, CANCELS_CHILDREN],
  ...[WAIT, KEY_ROTATION, PAUSE, RESUME, LIMIT],
  SUCCESS,
  COMPLETES_BATCH,
  THROWS,
  GIVES_BACK,
  RUNS_ALONE,
  CANCELED,
  SUBMITS,
  WRITES_FILE,
  RUNS_IN_FUNCTION,
  LOGS,
  ...BULK_PATHS,
  WAKES,
  YIELDS,
  RATE_LIMITED,
  PARKS,
  ...[WAITS_FOR_SIGNAL, GOES_ON_IN_ITS_VERSION, SIGNAL_AGAINST_TIMEOUT, FANS_OUT, EXPIRES],
  ...[LAST_CHILD, LAST_CHILD_AGAINST_CANCEL],
  SENT_AGAIN,
  LOST,
  LETTER_WITHOUT_QUEUE,
  SWEEP,
  PRUNE,
  ROLL_UP,
  FIRING,
  OLD_ENTRY,
  FIRING_SENT_AGAIN,
];

/** Paths that may include an update of the activity mark, which an instance's first job causes. */
export const MARKING: readonly Path[] = [SUBMITS, FANS_OUT, FIRING, OLD_ENTRY];

/** The paths that are walked in parallel. */
export const SIDE_BY_SIDE: readonly Path[] = [
  LIMIT,
  CANCELED,
  LOGS,
  ...BULK_PATHS,
  SUBMITS,
  WRITES_FILE,
  RUNS_IN_FUNCTION,
  WAKES,
  YIELDS,
  RATE_LIMITED,
  PARKS,
  WAITS_FOR_SIGNAL,
  GOES_ON_IN_ITS_VERSION,
  SIGNAL_AGAINST_TIMEOUT,
  FANS_OUT,
  EXPIRES,
  LAST_CHILD,
  LAST_CHILD_AGAINST_CANCEL,
  THROWS,
  GIVES_BACK,
  RUNS_ALONE,
  SUCCESS,
  COMPLETES_BATCH,
  SUBMISSION,
  TAKE_OVER,
  BATCH,
  BATCH_OF_ENDED_WINDOWS,
  REPLACEMENT,
  DEBOUNCE,
  NEXT_DEBOUNCE,
  CLOSED_BATCH,
  CANCEL,
  RETRY,
  SIGNALS,
  CANCELS_CHILDREN,
  WAIT,
  FIRING,
  OLD_ENTRY,
  FIRING_SENT_AGAIN,
];
