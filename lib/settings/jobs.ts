import { Duration } from 'aws-cdk-lib/core';
import { builtInCatalogue } from '../jobs/built-in-jobs.ts';
import { allOrSome, seconds, string, trueOrFalse, wholeNumber } from './kinds.ts';
import { derived, setting, unset } from './setting.ts';
import type { Relation } from './setting.ts';

/** Settings that control how jobs run. */
export const jobSettings = {
  jobs: setting({
    text: 'The path of your jobs file, a TypeScript or JavaScript module that exports jobs. The path is relative to the folder in which the CDK app runs.',
    kind: string('a path such as jobs/index.ts', (file) => /^[^\s\0][^\0\n]*$/.test(file)),
    default: unset('none: only the built-in jobs'),
  }),
  builtInJobs: setting({
    text: 'The built-in jobs that clients may submit. Callbacks are sent even if clients may not submit `webhook` jobs.',
    kind: allOrSome(builtInCatalogue.jobs.map(({ name }) => name)),
    default: true,
  }),
  jobTimeout: setting({
    text: "The time limit for one attempt of a job in the `default` queue. This is also the timeout of that queue's worker function.",
    // Lambda's limit is 15 minutes.
    kind: seconds(1, 900),
    default: Duration.seconds(46),
  }),
  jobPrefetch: setting({
    text: 'The maximum number of jobs in the `default` queue that run at the same time. If `jobBatchSize` is above 1, this is the maximum number of batches.',
    // AWS's limit for an SQS event source mapping's MaximumConcurrency.
    kind: wholeNumber(1, 1000),
    default: 10,
  }),
  jobBatchSize: setting({
    text:
      'The maximum number of jobs that one worker execution runs in parallel. `jobPrefetch` counts executions, so up to ' +
      '`jobPrefetch` times `jobBatchSize` jobs run at the same time. Batches are useful for many short jobs. A batch is claimed ' +
      'and recorded as a whole, so each job appears as running until the whole batch has ended.',
    // Errand's own limit: all jobs of a batch share one process.
    kind: wholeNumber(1, 10),
    default: 1,
  }),
  jobMemory: setting({
    text:
      'The memory of one worker execution, in MB. Lambda allocates CPU in proportion to memory: 1,769 MB give a worker one full vCPU. ' +
      'AWS may reject high values in a new account.',
    // Lambda's maximum is 10,240 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html). The minimum is Errand's own: an
    // `analyze` job's memory use peaks at about 150 MB.
    kind: wholeNumber(256, 10_240),
    default: 1024,
  }),
  visibilityTimeout: setting({
    text: 'The visibility timeout of the `default` queue: how long a delivered message stays hidden. If a worker crashes, its job runs again after this time.',
    // SQS hides a message for at most 12 hours.
    kind: seconds(1, 43_200),
    default: derived('10 seconds more than `jobTimeout`', ({ jobTimeout }: { jobTimeout: Duration }) =>
      jobTimeout.plus(Duration.seconds(10)),
    ),
  }),
  reserveConcurrency: setting({
    text:
      "Whether each queue's worker reserves its share of the account's Lambda concurrency: `jobPrefetch` executions for the `default` queue. If the " +
      "account's concurrency quota is 10, AWS rejects the reservation: set this to `false`, and set `accountConcurrency` too.",
    kind: trueOrFalse,
    default: true,
  }),
  accountConcurrency: setting({
    text:
      "The account's quota for concurrent Lambda executions in the region. All functions share this quota. If the queues and `maxWaits` " +
      'leave no executions for the API, the synth fails, or only warns if this setting is unset. The embedded cloud enforces the quota too.',
    // On request, AWS raises the default quota to tens of thousands (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
    kind: wholeNumber(1, 1_000_000),
    default: 1000,
  }),
  keepVersions: setting({
    text:
      "How many earlier versions of a worker are kept for job types with `versioning: 'pinned'`. Each deployment that changes the " +
      'worker creates a version.',
    // Versions count toward the region's 75 GB code storage quota
    // (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
    kind: wholeNumber(1, 100),
    default: 5,
  }),
  sweepAfter: setting({
    text: 'How long a due job can go unsent before the sweeper sends it to the queue again.',
    // Errand's own limit: a lost message must not delay its job for more than an hour.
    kind: seconds(1, 3600),
    default: Duration.seconds(60),
  }),
};

export const jobRelations: readonly Relation<typeof jobSettings>[] = [
  {
    between: ['visibilityTimeout', 'jobTimeout'],
    example: { jobTimeout: Duration.seconds(60), visibilityTimeout: Duration.seconds(60) },
    holds: ({ visibilityTimeout, jobTimeout }) => visibilityTimeout.toSeconds() > jobTimeout.toSeconds(),
    explain: ({ nameOf, quote }) =>
      `${quote('visibilityTimeout')} is not longer than ${quote('jobTimeout')}: ` +
      'the message would reappear while its job is still running. ' +
      `Set it to more seconds, or omit ${nameOf('visibilityTimeout')} to get ten seconds more than ${nameOf('jobTimeout')}.`,
  },
  {
    between: ['jobPrefetch', 'reserveConcurrency'],
    example: { jobPrefetch: 1, reserveConcurrency: false },
    holds: ({ jobPrefetch, reserveConcurrency }) => jobPrefetch > 1 || reserveConcurrency,
    explain: ({ nameOf, quote }) =>
      `${quote('jobPrefetch')} with ${quote('reserveConcurrency')} would run two jobs at once: ` +
      'SQS delivers to at least two executions, so only a reservation can enforce a limit of one. ' +
      `Set ${nameOf('jobPrefetch')} to 2 or more, or ${nameOf('reserveConcurrency')} to true.`,
  },
];
