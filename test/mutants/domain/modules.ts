/** Modules of the domain, with the unit tests that are about them. */
export interface DomainModule {
  readonly file: string;
  readonly tests: readonly string[];
}

const EXECUTION = ['execute', 'execute-wake-ups', 'waves', 'pinned-jobs'];
const SUBMISSION = ['submit', 'submit-batch', 'submit-races', 'submit-replace', 'submit-replace-races'];
const STEPS = ['steps/*'];

function modules(tests: readonly string[], ...files: readonly string[]): DomainModule[] {
  return files.map((file) => ({
    file: `lambdas/job/${file}.ts`,
    tests: tests.map((test) => `test/unit/job/${test}.test.ts`),
  }));
}

/** What Stryker mutates: what decides about jobs. Schemas, descriptions and ports have little to mutate. */
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
  ...modules(['job-filter'], 'job-filter'),
  ...modules(SUBMISSION, 'dedup', 'submit', 'submit-batch', 'release-windows', 'holding-job'),
  ...modules(
    STEPS,
    'steps/engine',
    'steps/run-step',
    'steps/waits',
    'steps/journal',
    'steps/children',
    'steps/signals',
  ),
];
