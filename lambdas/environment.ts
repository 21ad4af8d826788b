/** The type of a variable. A question mark: the stack sets it only if the deployment uses what it is for. */
type VariableType = 'string' | 'number' | 'string?';

type Description = Readonly<Record<string, VariableType>>;

const database = { clusterArn: 'string', secretArn: 'string', databaseName: 'string' } as const;

const schedules = { scheduleGroup: 'string', scheduleRoleArn: 'string', deadLetterArn: 'string' } as const;

/**
 * The environment of each function, by its folder: what the stack sets (lib/errand-function.ts) and what the function reads.
 * `queueUrl` is the variable `QUEUE_URL`. A variable named like a setting holds the setting's value, durations in seconds.
 */
export const environments = {
  api: {
    ...database,
    ...schedules,
    scheduledFunctionArn: 'string',
    tableName: 'string',
    queueUrl: 'string',
    queueArn: 'string',
    deadLetterQueueUrl: 'string',
    uploadsBucket: 'string',
    dedupWindow: 'number',
    jobTimeout: 'number',
    builtInJobs: 'string',
    auth: 'string',
    defaultTenant: 'string',
    jwtTenantClaim: 'string?',
    jwtScopePrefix: 'string?',
    tenantMaxJobsInFlight: 'number',
    tenantSubmissionsPerSecond: 'number',
    tenantMaxWaits: 'number',
    maxWaits: 'number',
    webhookAllowedHosts: 'string?',
    webhookSecretArn: 'string?',
    messagesUrl: 'string?',
  },
  authorizer: { keyTableName: 'string' },
  'function-keys': { keyTableName: 'string' },
  worker: {
    ...database,
    queueUrl: 'string',
    uploadsBucket: 'string',
    jobTimeout: 'number',
    builtInJobs: 'string',
    jobs: 'string?',
    uploadRetentionDays: 'number',
    webhookAllowedHosts: 'string?',
    webhookSecretArn: 'string?',
    messagesUrl: 'string?',
    messagesSecretArn: 'string?',
    messagesPerRunParameter: 'string?',
  },
  'dead-letter': { ...database, queueUrl: 'string' },
  scheduled: {
    ...database,
    ...schedules,
    tableName: 'string',
    queueUrl: 'string',
    tenantMaxJobsInFlight: 'number',
    messagesUrl: 'string?',
  },
  sweeper: {
    ...database,
    tableName: 'string',
    queueUrl: 'string',
    sweepAfter: 'number',
    retentionDays: 'number',
  },
  migrate: { ...database, applicationSecretArn: 'string' },
} as const satisfies Readonly<Record<string, Description>>;

export type FunctionName = keyof typeof environments;

interface Types {
  readonly string: string;
  readonly number: number;
  readonly 'string?': string | undefined;
}

export type Environment<D extends Description> = { readonly [Name in keyof D]: Types[D[Name]] };

/**
 * Reads the variables of a function, once, when it starts.
 *
 * @throws Error that names every variable that is missing or is not a number
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
      if (type !== 'string?') missing.push(variable);
      return [name, undefined];
    }
    if (type !== 'number') return [name, text];
    const number = Number(text);
    if (!Number.isFinite(number)) malformed.push(variable);
    return [name, number];
  });
  if (missing.length > 0) throw new Error(`Missing environment variables: ${missing.join(', ')}.`);
  if (malformed.length > 0) {
    throw new Error(`Environment variables that must be numbers: ${malformed.join(', ')}.`);
  }
  return Object.fromEntries(read) as Environment<D>;
}

/** `jobTimeout` → `JOB_TIMEOUT` */
export function variableOf(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
