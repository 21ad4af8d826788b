import { Size } from 'aws-cdk-lib/core';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { environments, variableOf } from '../../lambdas/environment.ts';
import { jobSettings } from './jobs.ts';
import { isObject, mebibytes, parseObject, textMap, type Kind } from './kinds.ts';
import type { QueueSettings } from './props.ts';
import { refusal } from './refusal.ts';
import { setting, type Setting, type SettingTable } from './setting.ts';

/**
 * The environment variables that Lambda reserves: those marked as reserved under "Defined runtime environment variables" at
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html.
 */
const OF_LAMBDA = [
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
  'AWS_ACCESS_KEY',
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_FUNCTION_MEMORY_SIZE',
  'AWS_LAMBDA_FUNCTION_NAME',
  'AWS_LAMBDA_FUNCTION_VERSION',
  'AWS_LAMBDA_INITIALIZATION_TYPE',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_LAMBDA_RUNTIME_API',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
];

/**
 * The environment variables that Errand sets on workers, except OpenTelemetry's variables, which a queue may set for an SDK in its jobs.
 */
const OF_ERRAND = Object.keys(environments.worker)
  .map(variableOf)
  .filter((name) => !name.startsWith('OTEL_'));

const RESERVED = new Set([...OF_LAMBDA, ...OF_ERRAND]);

/** The environment variable names that Lambda accepts (https://docs.aws.amazon.com/lambda/latest/api/API_Environment.html). */
const VARIABLE = /^[A-Za-z]\w+$/;

const architectures: Kind<Architecture> = {
  expected: 'one of arm64, x86_64',
  type: 'Architecture',
  parse: (text) => [Architecture.ARM_64, Architecture.X86_64].find(({ name }) => name === text),
  accepts: ({ name }) => name === 'arm64' || name === 'x86_64',
  show: ({ name }) => name,
  code: ({ name }) => (name === 'arm64' ? 'Architecture.ARM_64' : 'Architecture.X86_64'),
};

/**
 * The settings of one queue. Four of the `default` queue's settings have their own environment variables: `JOB_PREFETCH`, `JOB_TIMEOUT`,
 * `JOB_BATCH_SIZE` and `JOB_MEMORY`.
 */
export const queueSettings = {
  concurrency: setting({
    text: 'The maximum number of the queue’s jobs that run at the same time. If `batchSize` is above 1, this is the maximum number of batches.',
    kind: jobSettings.jobPrefetch.kind,
    default: jobSettings.jobPrefetch.default,
  }),
  timeout: setting({
    text: "The time limit for one attempt of a job. This is also the timeout of the queue's worker function.",
    kind: jobSettings.jobTimeout.kind,
    default: jobSettings.jobTimeout.default,
  }),
  batchSize: setting({
    text: 'The maximum number of jobs that one worker execution runs in parallel.',
    kind: jobSettings.jobBatchSize.kind,
    default: jobSettings.jobBatchSize.default,
  }),
  memorySize: setting({
    text: 'The memory of one worker execution, in MB. Lambda allocates CPU in proportion to memory: 1,769 MB give a worker one full vCPU.',
    kind: jobSettings.jobMemory.kind,
    default: jobSettings.jobMemory.default,
  }),
  ephemeralStorageSize: setting({
    text: 'The size of `/tmp` in one worker execution.',
    // Lambda's limits.
    kind: mebibytes(512, 10_240),
    default: Size.mebibytes(512),
  }),
  architecture: setting({
    text: 'The worker’s instruction set. Choose `x86_64` for packages without an ARM build.',
    kind: architectures,
    default: Architecture.ARM_64,
  }),
  environment: setting({
    text: 'Environment variables for your jobs.',
    kind: textMap(
      'names of at least two letters, digits and underscores that begin with a letter and that neither Lambda nor Errand uses, ' +
        'with strings as values',
      (name) => VARIABLE.test(name) && !RESERVED.has(name),
    ),
    default: {},
  }),
};

const table: SettingTable = queueSettings;

/** The queues as a JSON object, as in the `QUEUES` environment variable. Values have the same units as the settings. */
export type QueuesJson = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The whole `QUEUES` setting; {@link readQueues} parses its fields. */
export const queuesJson: Kind<QueuesJson> = {
  expected: 'a JSON object such as {"images":{"concurrency":5,"timeout":600,"memorySize":2048}}',
  type: 'Record<string, QueueOptions>',
  parse(text) {
    const value = parseObject(text);
    return value && Object.values(value).every(isObject) ? (value as QueuesJson) : undefined;
  },
  accepts: () => true,
  show: (value) => JSON.stringify(value),
  code: (value) => JSON.stringify(value),
};

/** Reads the queues from the `QUEUES` setting. `problems` contains one line for each invalid value. */
export function readQueues(json: QueuesJson): {
  queues: Readonly<Record<string, QueueSettings>>;
  problems: string[];
} {
  const problems: string[] = [];
  const read = (path: string, option: string, value: unknown): unknown => {
    const kind = table[option]?.kind;
    // Keeps an unknown option. problemsOfQueues reports it together with the other invalid values.
    if (!kind) return value;
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const parsed = kind.parse(text);
    if (parsed === undefined) problems.push(refusal(path, text, kind));
    return parsed;
  };
  const queues = Object.fromEntries(
    Object.entries(json).map(([queue, options]): [string, QueueSettings] => [
      queue,
      Object.fromEntries(
        Object.entries(options).map(([option, value]) => [
          option,
          read(`QUEUES.${queue}.${option}`, option, value),
        ]),
      ),
    ]),
  );
  return { queues, problems: [...problems, ...problemsOfQueues('QUEUES', queues)] };
}

/**
 * Lists the problems in the queues' settings, one line each.
 *
 * @param name the name of the setting or prop
 * @param others options that only the construct accepts
 */
export function problemsOfQueues(
  name: string,
  queues: Readonly<Record<string, object>>,
  others: readonly string[] = [],
): string[] {
  const known = [...Object.keys(table), ...others];
  return Object.entries(queues).flatMap(([queue, options]) =>
    Object.entries(options as Readonly<Record<string, unknown>>).flatMap(([option, value]) => {
      const path = `${name}.${queue}.${option}`;
      if (!known.includes(option))
        return [`${path} is not a queue option: the options are ${known.join(', ')}.`];
      const kind = (table[option] as Setting | undefined)?.kind;
      if (value === undefined || !kind || kind.accepts(value)) return [];
      return [refusal(path, kind.show(value), kind, value)];
    }),
  );
}
