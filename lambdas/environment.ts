/**
 * A variable's type. A question mark means that the stack sets the variable only if the deployment uses the feature. A
 * `strings` or `numbers` variable contains a JSON object of strings or numbers, which the function reads as a map.
 */
type VariableType = 'string' | 'number' | 'string?' | 'strings' | 'strings?' | 'numbers';

type Description = Readonly<Record<string, VariableType>>;

const database = { clusterArn: 'string', secretArn: 'string', databaseName: 'string' } as const;

/** The queues' URLs and batch sizes, keyed by queue name. */
const queues = { queueUrls: 'strings', queueBatchSizes: 'numbers' } as const;

/** The deployment's name, and the set of metrics that it publishes (lambdas/metrics). */
const metrics = { service: 'string', metrics: 'string' } as const;

const firings = { firingsQueueUrl: 'string' } as const;

/** The variables for tracing: OpenTelemetry's own, plus two that Lambda sets itself. */
const traces = {
  otelExporterOtlpEndpoint: 'string?',
  otelExporterOtlpHeaders: 'string?',
  otelServiceName: 'string?',
  otelTracesSampler: 'string?',
  otelTracesSamplerArg: 'string?',
  awsLambdaFunctionName: 'string?',
  awsRegion: 'string?',
} as const;

const schedules = {
  scheduleGroup: 'string',
  scheduleRoleArn: 'string',
  deadLetterArn: 'string',
  ...firings,
} as const;

/**
 * Each function's environment, by folder. The stack sets these variables (lib/errand-function.ts), and the function reads
 * them. The name `tableName` stands for the `TABLE_NAME` variable. A variable that is named after a setting contains that
 * setting's value, with durations in seconds.
 */
export const environments = {
  api: {
    ...metrics,
    ...database,
    ...schedules,
    tableName: 'string',
    ...queues,
    queueTimeouts: 'numbers',
    deadLetterQueueUrl: 'string',
    uploadsBucket: 'string',
    dedupWindow: 'number',
    retentionDays: 'number',
    jobTimeout: 'number',
    builtInJobs: 'string',
    auth: 'string',
    defaultTenant: 'string',
    /** The table of API keys, which administrators manage. */
    keyTableName: 'string?',
    jwtTenantClaim: 'string?',
    jwtScopePrefix: 'string?',
    /** The OpenID Connect issuer that users sign in with. */
    jwtIssuer: 'string?',
    tenantMaxJobsInFlight: 'number',
    tenantSubmissionsPerSecond: 'number',
    tenantMaxWaits: 'number',
    maxWaits: 'number',
    webhookAllowedHosts: 'string?',
    webhookSecretArn: 'string?',
    messagesUrl: 'string?',
    ...traces,
  },
  authorizer: { keyTableName: 'string' },
  'function-keys': { keyTableName: 'string' },
  worker: {
    ...metrics,
    ...database,
    ...queues,
    queueName: 'string',
    queueTimeouts: 'numbers',
    tableName: 'string',
    dedupWindow: 'number',
    retentionDays: 'number',
    tenantMaxJobsInFlight: 'number',
    tenantSubmissionsPerSecond: 'number',
    uploadsBucket: 'string',
    jobTimeout: 'number',
    builtInJobs: 'string',
    jobs: 'string?',
    /** The URL of approval links. Set only if there is a jobs file. */
    approvalsUrl: 'string?',
    /** The ARNs of the functions that run the queue's jobs, by job name. */
    functions: 'strings?',
    uploadRetentionDays: 'number',
    webhookAllowedHosts: 'string?',
    webhookSecretArn: 'string?',
    messagesUrl: 'string?',
    messagesSecretArn: 'string?',
    messagesPerRunParameter: 'string?',
    ...traces,
  },
  'dead-letter': { ...metrics, ...database, ...queues, ...firings },
  scheduled: {
    ...metrics,
    ...database,
    ...schedules,
    ...queues,
    /** The queue of each job type that doesn't use the default queue. */
    jobQueues: 'strings',
    tableName: 'string',
    tenantMaxJobsInFlight: 'number',
    messagesUrl: 'string?',
    ...traces,
  },
  sweeper: {
    ...metrics,
    ...database,
    ...queues,
    tableName: 'string',
    sweepAfter: 'number',
    retentionDays: 'number',
  },
  migrate: { ...database, applicationSecretArn: 'string' },
  preflight: {},
  'kept-versions': {},
} as const satisfies Readonly<Record<string, Description>>;

export type FunctionName = keyof typeof environments;

interface Types {
  readonly string: string;
  readonly number: number;
  readonly 'string?': string | undefined;
  readonly strings: ReadonlyMap<string, string>;
  readonly 'strings?': ReadonlyMap<string, string> | undefined;
  readonly numbers: ReadonlyMap<string, number>;
}

export type Environment<D extends Description> = { readonly [Name in keyof D]: Types[D[Name]] };

/**
 * Reads a function's variables. Called once, at startup.
 *
 * @throws Error that names every variable that is missing or has the wrong type
 */
export function readEnvironment<const D extends Description>(
  description: D,
  source: Readonly<Record<string, string | undefined>> = process.env,
): Environment<D> {
  const missing: string[] = [];
  const malformed: string[] = [];
  const read = Object.entries(description).map(([name, type]) => {
    const variable = variableOf(name);
    const text = source[variable];
    if (!text) {
      if (!type.endsWith('?')) missing.push(variable);
      return [name, undefined];
    }
    if (type === 'string' || type === 'string?') return [name, text];
    if (type !== 'number') return [name, readMap(variable, text)];
    const number = Number(text);
    if (!Number.isFinite(number)) malformed.push(variable);
    return [name, number];
  });
  if (missing.length > 0) throw new Error(`Missing environment variables: ${missing.join(', ')}.`);
  if (malformed.length > 0) {
    throw new Error(`These environment variables must be numbers: ${malformed.join(', ')}.`);
  }
  return Object.fromEntries(read) as Environment<D>;
}

function readMap(variable: string, text: string): ReadonlyMap<string, unknown> {
  try {
    return new Map(Object.entries(JSON.parse(text) as Record<string, unknown>));
  } catch (error) {
    throw new Error(`The environment variable ${variable} must be a JSON object.`, { cause: error });
  }
}

/** `jobTimeout` → `JOB_TIMEOUT` */
export function variableOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
