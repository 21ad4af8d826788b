import { Duration } from 'aws-cdk-lib';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';

/**
 * How callers prove who they are: by a key of Errand's own, by requests signed with IAM credentials, by the tokens of an issuer, or
 * not at all.
 */
export type Auth = 'api-key' | 'iam' | 'jwt' | 'none';

/** What a deployment of Errand can be told. In the environment and in CDK context `jobTimeout` is `JOB_TIMEOUT`. */
export interface Settings {
  /**
   * The longest one attempt of a job may run; also the worker function's timeout. 1–900 s.
   *
   * @default Duration.seconds(46)
   */
  readonly jobTimeout?: Duration;
  /**
   * The number of jobs that run at once (of batches, with `jobBatchSize`). 1–1000.
   *
   * @default 10
   */
  readonly jobPrefetch?: number;
  /**
   * The most jobs that one execution of the worker takes at once, and runs side by side; `jobPrefetch` counts executions,
   * so up to `jobPrefetch` times as many jobs run at the same moment. 1–10. For many short jobs: a batch is claimed and
   * recorded as a whole, so a job shows its end only when the last one of its batch has ended.
   *
   * @default 1
   */
  readonly jobBatchSize?: number;
  /**
   * How long a delivered message stays hidden; after that the job of a worker that died is rerun.
   * Longer than `jobTimeout`, up to 12 hours.
   *
   * @default - ten seconds more than `jobTimeout`
   */
  readonly visibilityTimeout?: Duration;
  /**
   * How long a submitted `object_id` stands for the job it was first submitted as. 1 s – 1 day.
   *
   * @default Duration.seconds(300)
   */
  readonly dedupWindow?: Duration;
  /**
   * How long a due job may go without being sent to the queue before the sweeper sends it again. 1 s – 1 hour.
   *
   * @default Duration.seconds(60)
   */
  readonly sweepAfter?: Duration;
  /**
   * The least capacity of the database, in Aurora capacity units; 0 lets it pause.
   *
   * @default 0
   */
  readonly auroraMinAcu?: number;
  /**
   * The most capacity of the database, in Aurora capacity units. 1–256.
   *
   * @default 4
   */
  readonly auroraMaxAcu?: number;
  /**
   * How long the database is idle before it pauses. 300–86400 s.
   *
   * @default - Duration.seconds(300) where `auroraMinAcu` is 0; elsewhere the database never pauses
   */
  readonly auroraAutoPause?: Duration;
  /**
   * The ARN of an Aurora PostgreSQL cluster of yours with the Data API enabled, in the region of the stack, that keeps the jobs
   * instead of one made for them: the stack then has no cluster and no VPC. Together with `auroraSecretArn`, and without
   * `vpc` and the settings of the cluster's capacity.
   *
   * @default - a cluster, and a network for it, are part of the stack
   */
  readonly auroraClusterArn?: string;
  /**
   * The full ARN of the secret that opens `auroraClusterArn`: of a user who may create tables in
   * the database, and users.
   *
   * @default - none, as there is no `auroraClusterArn`
   */
  readonly auroraSecretArn?: string;
  /**
   * The name of the database in `auroraClusterArn`. It exists, and is used by nothing else: the migrations create their tables in it.
   *
   * @default 'errand'
   */
  readonly auroraDatabaseName?: string;
  /**
   * Whether the database and the table of API keys refuse to be deleted, and the bucket of uploads stays when the stack goes. Without it the data goes
   * with the stack, no snapshot is left, and the bucket must be emptied before.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
  /**
   * Whether `jobPrefetch` executions of the account's Lambda concurrency are set aside for the worker.
   * AWS refuses that in an account whose concurrency limit is 10.
   *
   * @default true
   */
  readonly reserveConcurrency?: boolean;
  /**
   * How callers of the API prove who they are.
   *
   * @default 'api-key'
   */
  readonly auth?: Auth;
  /**
   * Whose tokens are taken, with `auth: 'jwt'`: the `iss` of the tokens, an `https://` URL under which
   * `/.well-known/openid-configuration` is; for development also `http://` with a loopback address.
   *
   * @default - none: `auth: 'jwt'` needs it
   */
  readonly jwtIssuer?: string;
  /**
   * For whom the tokens are, with `auth: 'jwt'`: one of these is the `aud` of a token, or where it has none its `client_id`. Up to 50.
   *
   * @default - none: `auth: 'jwt'` needs one
   */
  readonly jwtAudience?: readonly string[];
  /**
   * The claim of a token that names the tenant.
   *
   * @default 'tenant'
   */
  readonly jwtTenantClaim?: string;
  /**
   * What stands before `read`, `submit` and `admin` in the scopes of a token, such as `errand/`.
   *
   * @default - nothing
   */
  readonly jwtScopePrefix?: string;
  /**
   * Whose everything is where no key and no token names a tenant: with `auth` `'iam'` and `'none'`.
   *
   * @default 'default'
   */
  readonly defaultTenant?: string;
  /**
   * The most jobs of one tenant that wait or run at the same time; a submission beyond is refused with 429. 0 for no limit, up to
   * 1,000,000.
   *
   * @default 0
   */
  readonly tenantMaxJobsInFlight?: number;
  /**
   * The most jobs that one tenant submits in a second; one beyond is refused with 429. 0 for no limit, up to 50,000. With a limit,
   * each request that brings new jobs takes a call to DynamoDB more.
   *
   * @default 0
   */
  readonly tenantSubmissionsPerSecond?: number;
  /**
   * The requests a second that the API takes of all callers together, on average; others are refused with 429. 1–10,000.
   *
   * @default 500
   */
  readonly apiRateLimit?: number;
  /**
   * The requests that the API takes at once, before `apiRateLimit` counts. 1–5,000.
   *
   * @default 1000
   */
  readonly apiBurstLimit?: number;
  /**
   * The origins whose web pages may call the API from a browser: `https://app.example.com`, for development also
   * `http://localhost:5173`. `*` alone stands for all of them, and not with `auth: 'none'`.
   *
   * @default - none: no page of another origin may
   */
  readonly corsOrigins?: readonly string[];
  /**
   * The second key to `auth: 'none'`, so that no single slip opens the API to the internet.
   *
   * @default false
   */
  readonly allowUnauthenticated?: boolean;
  /**
   * How many days logs are kept: a period that CloudWatch Logs knows.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetentionDays?: RetentionDays;
  /**
   * How many days a job is kept after its end, with its attempts, and a message after it was sent or has failed. 1–3650.
   * Longer than `dedupWindow`.
   *
   * @default 30
   */
  readonly retentionDays?: number;
  /**
   * How many days an uploaded file is kept. 1–365, no more than `retentionDays`.
   *
   * @default - 7, or `retentionDays` if that is less
   */
  readonly uploadRetentionDays?: number;
  /**
   * Where jobs of the type `webhook` may send to: `example.com`, `example.com:8443`, `*.example.com` for any depth of
   * subdomains, each by HTTPS alone. `http://…` in front opens plain HTTP, and an IP address that address and port,
   * even a private one: `http://127.0.0.1:8080`, for development.
   *
   * @default - none: webhooks are refused
   */
  readonly webhookAllowedHosts?: readonly string[];
  /**
   * Where the job type `send_messages` POSTs messages to: an `https://` URL; for development also `http://` with a loopback
   * address, such as `http://127.0.0.1:8080/messages`.
   *
   * @default - none: the job type is refused
   */
  readonly messagesUrl?: string;
}

export interface ErrandProps extends Settings {
  /**
   * The network of the database, with isolated subnets in at least two availability zones. Not with `auroraClusterArn`.
   *
   * @default - a VPC of two isolated subnets, without gateways of any kind
   */
  readonly vpc?: IVpc;
}

export type SettingName = keyof Settings;

type Optional = 'auroraAutoPause' | 'auroraClusterArn' | 'auroraSecretArn' | 'jwtIssuer' | 'messagesUrl';

/**
 * Settings in which nothing is left open; `auroraAutoPause` is undefined where the database never pauses, `auroraClusterArn`
 * and `auroraSecretArn` where it is part of the stack, `messagesUrl` where no messages are sent, `jwtIssuer` where no tokens are
 * taken.
 */
export type ResolvedSettings = Required<Omit<Settings, Optional>> & {
  readonly [Name in Optional]: Settings[Name] | undefined;
};

/** Fills in what was not given. Checks nothing: `resolveSettings` does. */
export function withDefaults(settings: Settings): ResolvedSettings {
  const jobTimeout = settings.jobTimeout ?? Duration.seconds(46);
  const auroraMinAcu = settings.auroraMinAcu ?? 0;
  const retentionDays = settings.retentionDays ?? 30;
  return {
    jobTimeout,
    jobPrefetch: settings.jobPrefetch ?? 10,
    jobBatchSize: settings.jobBatchSize ?? 1,
    visibilityTimeout: settings.visibilityTimeout ?? jobTimeout.plus(Duration.seconds(10)),
    dedupWindow: settings.dedupWindow ?? Duration.seconds(300),
    sweepAfter: settings.sweepAfter ?? Duration.seconds(60),
    auroraMinAcu,
    auroraMaxAcu: settings.auroraMaxAcu ?? 4,
    auroraAutoPause: settings.auroraAutoPause ?? (auroraMinAcu === 0 ? Duration.seconds(300) : undefined),
    auroraClusterArn: settings.auroraClusterArn,
    auroraSecretArn: settings.auroraSecretArn,
    auroraDatabaseName: settings.auroraDatabaseName ?? 'errand',
    deletionProtection: settings.deletionProtection ?? true,
    reserveConcurrency: settings.reserveConcurrency ?? true,
    auth: settings.auth ?? 'api-key',
    jwtIssuer: settings.jwtIssuer,
    jwtAudience: settings.jwtAudience ?? [],
    jwtTenantClaim: settings.jwtTenantClaim ?? 'tenant',
    jwtScopePrefix: settings.jwtScopePrefix ?? '',
    defaultTenant: settings.defaultTenant ?? 'default',
    tenantMaxJobsInFlight: settings.tenantMaxJobsInFlight ?? 0,
    tenantSubmissionsPerSecond: settings.tenantSubmissionsPerSecond ?? 0,
    apiRateLimit: settings.apiRateLimit ?? 500,
    apiBurstLimit: settings.apiBurstLimit ?? 1000,
    corsOrigins: settings.corsOrigins ?? [],
    allowUnauthenticated: settings.allowUnauthenticated ?? false,
    logRetentionDays: settings.logRetentionDays ?? RetentionDays.ONE_MONTH,
    retentionDays,
    uploadRetentionDays: settings.uploadRetentionDays ?? Math.min(7, retentionDays),
    webhookAllowedHosts: settings.webhookAllowedHosts ?? [],
    messagesUrl: settings.messagesUrl,
  };
}
