/** The variables that only some deployments have. */
const OPTIONAL_VARIABLES = {
  WEBHOOK_ALLOWED_HOSTS: 'webhookAllowedHosts',
  WEBHOOK_SECRET_ARN: 'webhookSecretArn',
  MESSAGES_URL: 'messagesUrl',
  MESSAGES_SECRET_ARN: 'messagesSecretArn',
  MESSAGES_PER_RUN_PARAMETER: 'messagesPerRunParameter',
  JWT_TENANT_CLAIM: 'jwtTenantClaim',
  JWT_SCOPE_PREFIX: 'jwtScopePrefix',
} as const;

/** The environment variables that each function is given by the stack. Times in seconds. */
const VARIABLES = {
  CLUSTER_ARN: 'clusterArn',
  SECRET_ARN: 'secretArn',
  DATABASE_NAME: 'databaseName',
  APPLICATION_SECRET_ARN: 'applicationSecretArn',
  TABLE_NAME: 'tableName',
  QUEUE_URL: 'queueUrl',
  DEAD_LETTER_QUEUE_URL: 'deadLetterQueueUrl',
  DEDUP_WINDOW: 'dedupWindow',
  JOB_TIMEOUT: 'jobTimeout',
  SWEEP_AFTER: 'sweepAfter',
  RETENTION_DAYS: 'retentionDays',
  UPLOADS_BUCKET: 'uploadsBucket',
  UPLOAD_RETENTION_DAYS: 'uploadRetentionDays',
  QUEUE_ARN: 'queueArn',
  DEAD_LETTER_ARN: 'deadLetterArn',
  SCHEDULE_GROUP: 'scheduleGroup',
  SCHEDULE_ROLE_ARN: 'scheduleRoleArn',
  SCHEDULED_FUNCTION_ARN: 'scheduledFunctionArn',
  AUTH: 'auth',
  DEFAULT_TENANT: 'defaultTenant',
  KEY_TABLE_NAME: 'keyTableName',
  TENANT_MAX_JOBS_IN_FLIGHT: 'tenantMaxJobsInFlight',
  TENANT_SUBMISSIONS_PER_SECOND: 'tenantSubmissionsPerSecond',
} as const;

const NUMERIC = [
  'DEDUP_WINDOW',
  'JOB_TIMEOUT',
  'SWEEP_AFTER',
  'RETENTION_DAYS',
  'UPLOAD_RETENTION_DAYS',
  'TENANT_MAX_JOBS_IN_FLIGHT',
  'TENANT_SUBMISSIONS_PER_SECOND',
] as const;

type Variable = keyof typeof VARIABLES;
type Value<Name extends Variable> = Name extends (typeof NUMERIC)[number] ? number : string;
type Environment<Name extends Variable> = { [Key in Name as (typeof VARIABLES)[Key]]: Value<Key> };

/**
 * Reads the variables that a function needs, once, when it starts.
 *
 * @throws Error that names every variable that is missing or is not a number
 */
export function readEnvironment<Name extends Variable>(
  names: readonly Name[],
  source: Readonly<Record<string, string | undefined>> = process.env,
): Environment<Name> {
  const missing = names.filter((name) => !source[name]);
  if (missing.length > 0) throw new Error(`Missing environment variables: ${missing.join(', ')}.`);
  const isNumeric = (name: Variable): boolean => (NUMERIC as readonly Variable[]).includes(name);
  const wrong = names.filter((name) => isNumeric(name) && !Number.isFinite(Number(source[name])));
  if (wrong.length > 0) throw new Error(`Environment variables that must be numbers: ${wrong.join(', ')}.`);
  const entries = names.map((name) => [
    VARIABLES[name],
    isNumeric(name) ? Number(source[name]) : source[name],
  ]);
  return Object.fromEntries(entries) as Environment<Name>;
}

type OptionalVariable = keyof typeof OPTIONAL_VARIABLES;
type OptionalEnvironment<Name extends OptionalVariable> = {
  [Key in Name as (typeof OPTIONAL_VARIABLES)[Key]]: string | undefined;
};

/** Reads variables whose absence means that the deployment goes without what they are for. */
export function readOptionalEnvironment<Name extends OptionalVariable>(
  names: readonly Name[],
  source: Readonly<Record<string, string | undefined>> = process.env,
): OptionalEnvironment<Name> {
  const entries = names.map((name) => [OPTIONAL_VARIABLES[name], source[name]]);
  return Object.fromEntries(entries) as OptionalEnvironment<Name>;
}
