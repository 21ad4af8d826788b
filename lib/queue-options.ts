import { Duration } from 'aws-cdk-lib/core';
import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { ILayerVersion } from 'aws-cdk-lib/aws-lambda';
import { DEFAULT_QUEUE, isJobName, JOB_NAME_EXPECTED } from '../lambdas/job/definition.ts';
import { LEAST_MAXIMUM_CONCURRENCY } from '../lambdas/preflight/reservation.ts';
import type { QueueSettings, Settings } from './settings/props.ts';
import { problemsOfQueues, queueSettings } from './settings/queues.ts';
import { SettingsError } from './settings/read-settings.ts';
import type { ResolvedSettings } from './settings/table.ts';

/** Options for a queue: an SQS queue, and the worker function that runs its jobs. */
export interface QueueOptions extends QueueSettings {
  /**
   * The worker's VPC. The worker must be able to reach AWS services, either through a NAT gateway or through VPC endpoints for the RDS Data
   * API, SQS, S3, Secrets Manager and Systems Manager.
   *
   * @default - the worker is not in a VPC
   */
  readonly vpc?: IVpc;
  /**
   * The worker's subnets in `vpc`.
   *
   * @default - private subnets
   */
  readonly vpcSubnets?: SubnetSelection;
  /**
   * The worker's security groups in `vpc`.
   *
   * @default - a new group that allows all outbound traffic
   */
  readonly securityGroups?: readonly ISecurityGroup[];
  /**
   * The worker's Lambda layers. Lambda puts the layers' files into `/opt`.
   *
   * @default - none
   */
  readonly layers?: readonly ILayerVersion[];
}

/** Options that only the construct accepts, not the `QUEUES` setting. */
const CONSTRUCT_OPTIONS = ['vpc', 'vpcSubnets', 'securityGroups', 'layers'];

/** The settings of the `default` queue, keyed by the equivalent queue option. */
const OF_DEFAULT_QUEUE = {
  concurrency: 'jobPrefetch',
  timeout: 'jobTimeout',
  batchSize: 'jobBatchSize',
  memorySize: 'jobMemory',
} as const;

/** A queue's options with all defaults filled in. */
export interface ResolvedQueue extends Omit<QueueOptions, keyof QueueSettings>, Required<QueueSettings> {
  readonly name: string;
  readonly visibilityTimeout: Duration;
  /**
   * Whether the queue's worker invokes its own earlier versions, in which pinned jobs continue. Each execution of the worker may then occupy a
   * second execution.
   *
   * @default false
   */
  readonly hasPinnedJobs?: boolean;
}

/** Returns the maximum number of concurrent executions of a queue's worker. */
export function executionsOf({
  concurrency,
  hasPinnedJobs,
}: Pick<ResolvedQueue, 'concurrency' | 'hasPinnedJobs'>): number {
  return hasPinnedJobs ? 2 * concurrency : concurrency;
}

/**
 * Marks the queues that run pinned jobs.
 *
 * @param pinned the names of the queues with pinned jobs
 * @throws SettingsError if a queue can't run pinned jobs
 */
export function withPinnedJobs(
  queues: readonly ResolvedQueue[],
  pinned: ReadonlySet<string>,
): readonly ResolvedQueue[] {
  const problems = queues
    .filter(({ name, concurrency }) => pinned.has(name) && concurrency < LEAST_MAXIMUM_CONCURRENCY)
    .map(
      ({ name }) =>
        `${name === DEFAULT_QUEUE ? 'jobPrefetch (JOB_PREFETCH)' : `queues.${name}.concurrency`} is 1, but the queue has a job type with ` +
        `versioning: 'pinned', whose jobs need a second execution in addition to the one that received them: set it to 2 or more.`,
    );
  if (problems.length > 0) throw new SettingsError(problems);
  return queues.map((queue) => (pinned.has(queue.name) ? { ...queue, hasPinnedJobs: true } : queue));
}

/**
 * A function's environment is limited to 4 KB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html), and a queue's URL
 * takes about 130 bytes.
 */
const MAX_QUEUES = 10;

export type QueuesByName = Readonly<Record<string, QueueOptions>>;

/**
 * Merges the options in `queues.default` into the settings.
 *
 * @throws SettingsError if an option is invalid, or is also set as a prop
 */
export function withDefaultQueue(settings: Settings, queues: QueuesByName): Settings {
  const options = queues[DEFAULT_QUEUE] ?? {};
  const problems = problemsOfQueues('queues', { [DEFAULT_QUEUE]: options }, CONSTRUCT_OPTIONS);
  const completed: Record<string, unknown> = { ...settings };
  for (const [option, setting] of Object.entries(OF_DEFAULT_QUEUE)) {
    const value = options[option as keyof typeof OF_DEFAULT_QUEUE];
    if (value === undefined) continue;
    if (settings[setting] !== undefined) {
      problems.push(
        `queues.default.${option} and ${setting} both describe the "default" queue: omit one of them.`,
      );
    }
    completed[setting] = value;
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return completed;
}

/**
 * Checks the queues and fills in the defaults. The `default` queue always exists, and comes first.
 *
 * @throws SettingsError that names each invalid option
 */
export function resolveQueues(settings: ResolvedSettings, queues: QueuesByName): readonly ResolvedQueue[] {
  const names = [DEFAULT_QUEUE, ...Object.keys(queues).filter((name) => name !== DEFAULT_QUEUE)];
  const problems = [
    ...Object.keys(queues)
      .filter((name) => !isJobName(name))
      .map((name) => `queues contains "${name}": name each queue with ${JOB_NAME_EXPECTED}.`),
    ...(names.length > MAX_QUEUES
      ? [`queues has ${names.length} queues, including the default one: the maximum is ${MAX_QUEUES}.`]
      : []),
    ...problemsOfQueues('queues', queues, CONSTRUCT_OPTIONS),
    ...names.flatMap((name) => problemsOfReservation(name, queues[name] ?? {}, settings)),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return names.map((name) => resolve(name, queues[name] ?? {}, settings));
}

/**
 * Checks that a queue with a concurrency of 1 has a reservation, because only a reservation can enforce a limit of 1. The same rule applies to
 * the settings of the default queue (lib/settings/jobs.ts).
 */
function problemsOfReservation(
  name: string,
  { concurrency }: QueueOptions,
  { reserveConcurrency }: ResolvedSettings,
): string[] {
  if (name === DEFAULT_QUEUE || concurrency !== 1 || reserveConcurrency) return [];
  return [
    `queues.${name}.concurrency "1" with reserveConcurrency "false" would run two jobs at once: SQS delivers to at least two ` +
      'executions, so only a reservation can enforce a limit of one. Set the concurrency to 2 or more, or set reserveConcurrency to true.',
  ];
}

function resolve(name: string, options: QueueOptions, settings: ResolvedSettings): ResolvedQueue {
  const { concurrency, timeout, batchSize, memorySize, ephemeralStorageSize, architecture, environment } =
    queueSettings;
  const defaults = {
    concurrency: concurrency.default,
    timeout: timeout.default,
    batchSize: batchSize.default,
    memorySize: memorySize.default,
    ephemeralStorageSize: ephemeralStorageSize.default,
    architecture: architecture.default,
    environment: environment.default,
  };
  if (name === DEFAULT_QUEUE) {
    return {
      ...defaults,
      ...options,
      name,
      concurrency: settings.jobPrefetch,
      timeout: settings.jobTimeout,
      batchSize: settings.jobBatchSize,
      memorySize: settings.jobMemory,
      visibilityTimeout: settings.visibilityTimeout,
    };
  }
  const resolved = { ...defaults, ...options, name };
  // The same formula derives the default of the `visibilityTimeout` setting from `jobTimeout`.
  return { ...resolved, visibilityTimeout: resolved.timeout.plus(Duration.seconds(10)) };
}
