import path from 'node:path';

/** A module of the domain, and its unit tests. */
export interface DomainModule {
  readonly file: string;
  readonly tests: readonly string[];
}

const EXECUTION = ['execute', 'execute-wake-ups', 'execute-families', 'waves', 'pinned-jobs'];
const SUBMISSION = ['submit', 'submit-batch', 'submit-races', 'submit-replace', 'submit-replace-races'];
const STEPS = ['steps/*'];

/** Returns the entries of modules in `lambdas/job/` that share tests. The tests' paths are relative to `test/unit/job/`. */
function modules(tests: readonly string[], ...files: readonly string[]): DomainModule[] {
  return files.map((file) => ({
    file: `lambdas/job/${file}.ts`,
    tests: tests.map((test) => path.posix.join('test/unit/job', `${test}.test.ts`)),
  }));
}

/**
 * The modules that Stryker mutates, which contain the job logic. Schemas, descriptions and ports are left out, because they contain little logic.
 */
export const MODULES: readonly DomainModule[] = [
  ...modules(['retry-policy', 'attempt-back-off'], 'retry-policy'),
  ...modules(['status'], 'status'),
  ...modules(EXECUTION, 'settle', 'execute', 'waves'),
  ...modules(
    ['ended-jobs', 'cancel', 'dead-letter', 'resubmit'],
    'ended-jobs',
    'cancel',
    'dead-letter',
    'resubmit',
  ),
  ...modules(['sweep', 'sweep-parents', 'prune'], 'sweep', 'prune'),
  ...modules(['wait'], 'wait'),
  ...modules(['heartbeat', 'log-buffer'], 'heartbeat', 'log-buffer'),
  ...modules(['log-buffer', 'attempt-log', 'attempt'], 'log-line'),
  ...modules(['job-filter'], 'job-filter'),
  ...modules(['flow-control', 'resolve-flow'], 'flow-control', 'resolve-flow'),
  ...modules(['storable', 'attempt'], 'storable'),
  ...modules(['pinned-jobs'], 'pinned-jobs', 'versions'),
  ...modules(['trace-context'], 'trace-context'),
  ...modules(['error-text', 'attempt-log'], 'error-text', 'attempt-log'),
  ...modules(['failure'], 'failure'),
  ...modules(['definition', 'job-type'], 'definition', 'definition-schemas', 'job-type'),
  ...modules(
    [
      ...['attempt', 'attempt-back-off', 'attempt-failure', 'attempt-log', 'attempt-ports'],
      ...['steps/invocation', 'steps/checkpoints', 'pinned-jobs'],
    ],
    'attempt',
  ),
  ...modules(['function-job'], 'function-job', 'run-in-function'),
  ...modules(['submit-from-job'], 'submit-from-job'),
  ...modules(['history/*'], 'history/histogram', 'history/roll-up', 'history/read-history'),
  ...modules(['flow/pauses'], 'flow/pauses', 'flow/wake-in-rounds'),
  ...modules(['run-bulk'], 'bulk/bulk-change', 'bulk/run-bulk'),
  ...modules(['resend-firing'], 'schedules/resend-firing'),
  ...modules(['../api/submission', '../api/schemas'], 'job-fields'),
  ...modules(SUBMISSION, 'dedup', 'submit', 'submit-batch', 'release-windows', 'holding-job'),
  ...modules(
    STEPS,
    'steps/engine',
    'steps/run-step',
    'steps/waits',
    'steps/journal',
    'steps/children',
    'steps/signals',
    'steps/step-errors',
    'steps/step-names',
    'steps/duration',
    'steps/retry-of-step',
    'steps/invocation',
    'steps/checkpoints',
    'steps/submit-children',
  ),
];
