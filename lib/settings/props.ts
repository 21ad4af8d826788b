// Written by `npm run documents` from lib/settings/table.ts. Do not edit.
import type { Duration, Size } from 'aws-cdk-lib/core';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** The settings as props of the construct. `jobTimeout` is `JOB_TIMEOUT` in the environment and in CDK context. */
export interface Settings {
  /**
   * The path of your jobs file, a TypeScript or JavaScript module that exports jobs. The path is relative to
   * the folder in which the CDK app runs.
   *
   * Value: a path such as jobs/index.ts.
   *
   * @default - none: only the built-in jobs
   */
  readonly jobs?: string;
  /**
   * The built-in jobs that clients may submit. Callbacks are sent even if clients may not submit `webhook`
   * jobs.
   *
   * @default true
   */
  readonly builtInJobs?: boolean | readonly ('sleep' | 'analyze' | 'webhook' | 'send_messages')[];
  /**
   * The time limit for one attempt of a job in the `default` queue. This is also the timeout of that queue's
   * worker function.
   *
   * Value: a whole number of seconds from 1 to 900.
   *
   * @default Duration.seconds(46)
   */
  readonly jobTimeout?: Duration;
  /**
   * The maximum number of jobs in the `default` queue that run at the same time. If `jobBatchSize` is above
   * 1, this is the maximum number of batches.
   *
   * Value: a whole number from 1 to 1000.
   *
   * @default 10
   */
  readonly jobPrefetch?: number;
  /**
   * The maximum number of jobs that one worker execution runs in parallel. `jobPrefetch` counts executions,
   * so up to `jobPrefetch` times `jobBatchSize` jobs run at the same time. Batches are useful for many short
   * jobs. A batch is claimed and recorded as a whole, so each job appears as running until the whole batch
   * has ended.
   *
   * Value: a whole number from 1 to 10.
   *
   * @default 1
   */
  readonly jobBatchSize?: number;
  /**
   * The memory of one worker execution, in MB. Lambda allocates CPU in proportion to memory: 1,769 MB give a
   * worker one full vCPU. AWS may reject high values in a new account.
   *
   * Value: a whole number from 256 to 10240.
   *
   * @default 1024
   */
  readonly jobMemory?: number;
  /**
   * The visibility timeout of the `default` queue: how long a delivered message stays hidden. If a worker
   * crashes, its job runs again after this time.
   *
   * Value: a whole number of seconds from 1 to 43200.
   *
   * @default - 10 seconds more than `jobTimeout`
   */
  readonly visibilityTimeout?: Duration;
  /**
   * Whether each queue's worker reserves its share of the account's Lambda concurrency: `jobPrefetch`
   * executions for the `default` queue. If the account's concurrency quota is 10, AWS rejects the
   * reservation: set this to `false`, and set `accountConcurrency` too.
   *
   * @default true
   */
  readonly reserveConcurrency?: boolean;
  /**
   * The account's quota for concurrent Lambda executions in the region. All functions share this quota. If
   * the queues and `maxWaits` leave no executions for the API, the synth fails, or only warns if this setting
   * is unset. The embedded cloud enforces the quota too.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 1000
   */
  readonly accountConcurrency?: number;
  /**
   * How many earlier versions of a worker are kept for job types with `versioning: 'pinned'`. Each deployment
   * that changes the worker creates a version.
   *
   * Value: a whole number from 1 to 100.
   *
   * @default 5
   */
  readonly keepVersions?: number;
  /**
   * How long a due job can go unsent before the sweeper sends it to the queue again.
   *
   * Value: a whole number of seconds from 1 to 3600.
   *
   * @default Duration.seconds(60)
   */
  readonly sweepAfter?: Duration;
  /**
   * How long submissions with the same `object_id` return the first job instead of creating a new one.
   *
   * Value: a whole number of seconds from 1 to 86400.
   *
   * @default Duration.seconds(300)
   */
  readonly dedupWindow?: Duration;
  /**
   * How many days a job and its attempts are kept after the job ends. Messages are kept for the same time
   * after they are sent or fail.
   *
   * Value: a whole number from 1 to 3650.
   *
   * @default 30
   */
  readonly retentionDays?: number;
  /**
   * How many days an uploaded file is kept.
   *
   * Value: a whole number from 1 to 365.
   *
   * @default - 7, or `retentionDays` if that is less
   */
  readonly uploadRetentionDays?: number;
  /**
   * How many days logs are kept. Must be one of CloudWatch Logs’ retention periods.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetentionDays?: RetentionDays;
  /**
   * Whether the database and the API key table are protected from deletion, and the uploads bucket is kept
   * when the stack is deleted. With `false`, the data is deleted with the stack, without a final snapshot,
   * and you must empty the bucket first.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
  /**
   * The database’s minimum capacity, in Aurora capacity units. If the minimum is 0, the database pauses when
   * idle.
   *
   * Value: a number of Aurora capacity units: 0 (the database pauses when idle) or 0.5 to 256 in steps of
   * 0.5.
   *
   * @default 0
   */
  readonly auroraMinAcu?: number;
  /**
   * The database’s maximum capacity, in Aurora capacity units.
   *
   * Value: a number of Aurora capacity units: 1 to 256 in steps of 0.5.
   *
   * @default 4
   */
  readonly auroraMaxAcu?: number;
  /**
   * How long the database must be idle before it pauses.
   *
   * Value: a whole number of seconds from 300 to 86400.
   *
   * @default - 300 seconds if `auroraMinAcu` is 0; otherwise the database never pauses
   */
  readonly auroraAutoPause?: Duration;
  /**
   * The number of readers: additional database instances, one of which takes over if the writer fails. Each
   * reader costs as much as the writer while it runs. See [When the database
   * fails](../operations.md#when-the-database-fails).
   *
   * Value: a whole number from 0 to 15.
   *
   * @default 0
   */
  readonly auroraReaders?: number;
  /**
   * Whether to keep the stack's cluster, with its instances, master secret and network, when the cluster is
   * removed from the stack. Deploy with `true` before you move the jobs to another cluster. See [Restore and
   * move](../how-to/restore-and-move.md).
   *
   * @default false
   */
  readonly auroraRetain?: boolean;
  /**
   * The ARN of your own Aurora PostgreSQL cluster for the jobs. If you set it, the stack creates neither a
   * cluster nor a VPC. Your cluster needs the Data API and must be in the stack's region. This setting
   * requires `auroraSecretArn`. It can't be combined with the `vpc` prop or with the settings for the stack's
   * own cluster.
   *
   * Value: an ARN such as arn:aws:rds:eu-central-1:123456789012:cluster:jobs.
   *
   * @default - none: the stack creates a cluster and a network
   */
  readonly auroraClusterArn?: string;
  /**
   * The full ARN of the secret that contains the credentials for `auroraClusterArn`. The user in the secret
   * must be allowed to create tables in the database and users in the cluster.
   *
   * Value: an ARN such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3, including the
   * six characters at its end.
   *
   * @default - none
   */
  readonly auroraSecretArn?: string;
  /**
   * The name of the database in `auroraClusterArn`. The database must exist, and nothing else may use it,
   * because the migrations create their tables in it.
   *
   * Value: a database name: a letter or an underscore, then up to 51 letters, digits, underscores or hyphens.
   *
   * @default 'errand'
   */
  readonly auroraDatabaseName?: string;
  /**
   * How callers authenticate: with an API key issued by Errand (`api-key`), with requests signed with IAM
   * credentials (`iam`), with tokens from your identity provider (`jwt`), or not at all (`none`).
   *
   * @default 'api-key'
   */
  readonly auth?: 'api-key' | 'iam' | 'jwt' | 'none';
  /**
   * Must be `true` if `auth` is `none`. This second setting ensures that a single mistake can’t open the API
   * to the internet.
   *
   * @default false
   */
  readonly allowUnauthenticated?: boolean;
  /**
   * The issuer (`iss`) of the tokens if `auth` is `jwt`: an `https://` URL. The issuer must serve
   * `/.well-known/openid-configuration` under this URL. For development, an `http://` URL with a loopback
   * address also works.
   *
   * Value: an https URL without a query, such as https://example.eu.auth0.com/, or, for development, an http
   * URL with a loopback address.
   *
   * @default - none; required if `auth` is `jwt`
   */
  readonly jwtIssuer?: string;
  /**
   * The accepted audiences if `auth` is `jwt`: a token’s `aud`, or its `client_id` if it has no `aud`.
   *
   * @default []
   */
  readonly jwtAudience?: readonly string[];
  /**
   * The token claim that contains the tenant.
   *
   * Value: a claim’s name, up to 100 characters.
   *
   * @default 'tenant'
   */
  readonly jwtTenantClaim?: string;
  /**
   * The prefix in front of `read`, `submit` and `admin` in a token's scopes, such as `errand/`.
   *
   * Value: up to 100 characters that are valid in a scope.
   *
   * @default ''
   */
  readonly jwtScopePrefix?: string;
  /**
   * The tenant of callers whose credentials name none. If `auth` is `iam` or `none`, credentials never name a
   * tenant.
   *
   * Value: a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a
   * digit.
   *
   * @default 'default'
   */
  readonly defaultTenant?: string;
  /**
   * Whether the deployment serves the [console](../console.md), a web page at `/console`. The page itself
   * contains no data. It asks the user for credentials and calls the API with them.
   *
   * @default true
   */
  readonly console?: boolean;
  /**
   * The client id of the [console](../console.md) at the issuer if `auth` is `jwt`. Register a public client
   * whose redirect URI is the API’s URL with `/console` appended. Users then sign in at the issuer (OpenID
   * Connect, authorization code with PKCE). Without a client id, the console asks for a token.
   *
   * Value: a client id, up to 200 printable characters without spaces.
   *
   * @default - none: the console asks for a token
   */
  readonly consoleClientId?: string;
  /**
   * The origins of web pages that may call the API and upload files from a browser, such as
   * `https://app.example.com`, or `http://localhost:5173` for development. A single `*` allows every origin.
   * It is invalid if `auth` is `none`.
   *
   * @default []
   */
  readonly corsOrigins?: readonly string[];
  /**
   * The base URL of links from `step.approvalLink`. Set it if users reach the API at a URL other than the
   * `ApiUrl` output, such as a custom domain. The approval pages are served under this URL at `/approvals/`
   * and never need credentials.
   *
   * Value: an https URL without a query, such as https://jobs.example.com, or, for development, an http URL
   * with a loopback address.
   *
   * @default - the `ApiUrl` output
   */
  readonly approvalsUrl?: string;
  /**
   * The maximum number of unfinished jobs per tenant. Above this number, submissions and retries get 429, and
   * schedule firings are skipped. 0 means no limit.
   *
   * Value: a whole number from 0 to 1000000.
   *
   * @default 0
   */
  readonly tenantMaxJobsInFlight?: number;
  /**
   * The maximum number of jobs that one tenant may submit or retry per second. Further requests get 429. 0
   * means no limit. With a limit, each request that submits or retries jobs makes one more call to DynamoDB.
   *
   * Value: a whole number from 0 to 50000.
   *
   * @default 0
   */
  readonly tenantSubmissionsPerSecond?: number;
  /**
   * The maximum number of concurrent requests that wait for a job to end (`?wait=`), across all tenants.
   * Further requests return the job's current state immediately. 0 disables waiting. Each wait occupies one
   * of the account’s concurrent executions for up to 25 seconds. Raise the limit if the account’s concurrency
   * quota is higher than 10, the quota of a new account.
   *
   * Value: a whole number from 0 to 500.
   *
   * @default 4
   */
  readonly maxWaits?: number;
  /**
   * The maximum number of concurrent requests per tenant that wait for a job to end.
   *
   * Value: a whole number from 0 to 500.
   *
   * @default - half of `maxWaits`, rounded up
   */
  readonly tenantMaxWaits?: number;
  /**
   * How many requests per second the API accepts on average, across all callers. Further requests get 429.
   *
   * Value: a whole number from 1 to 10000.
   *
   * @default 500
   */
  readonly apiRateLimit?: number;
  /**
   * How many requests the API accepts at once before `apiRateLimit` applies.
   *
   * Value: a whole number from 1 to 5000.
   *
   * @default 1000
   */
  readonly apiBurstLimit?: number;
  /**
   * The hosts that `webhook` jobs and callbacks may call: `example.com`, `example.com:8443`, or
   * `*.example.com` for subdomains of any depth, each over HTTPS only. Prefix a host with `http://` to allow
   * plain HTTP. An IP address allows that address and port, even if it is private, such as
   * `http://127.0.0.1:8080` for development. Prefix a host with a tenant and a colon (`acme:example.com`) to
   * allow it for that tenant only. If the list is empty, webhooks are rejected.
   *
   * @default []
   */
  readonly webhookAllowedHosts?: readonly string[];
  /**
   * The URL to which `send_messages` jobs POST messages. It must use `https://`, or for development `http://`
   * with a loopback address, such as `http://127.0.0.1:8080/messages`. Without a URL, `send_messages` jobs
   * are rejected.
   *
   * Value: an https URL without a user name, such as https://example.com/messages, or, for development, an
   * http URL with a loopback address, such as http://127.0.0.1:8080/messages.
   *
   * @default - none
   */
  readonly messagesUrl?: string;
  /**
   * Which metrics the functions publish to CloudWatch: one set per queue (`queues`), per queue and job type
   * (`types`), or none (`off`). CloudWatch prorates the price of each metric by the hours in which it
   * receives data: see [Metrics](metrics.md#cost).
   *
   * @default 'queues'
   */
  readonly metrics?: 'queues' | 'types' | 'off';
  /**
   * Whether the stack has CloudWatch alarms. [Alarms](alarms.md) lists them.
   *
   * @default true
   */
  readonly alarms?: boolean;
  /**
   * Whether the stack has a CloudWatch dashboard. An account's first three dashboards are free; each further
   * one costs $3.00 a month.
   *
   * @default - `alarms`
   */
  readonly dashboard?: boolean;
  /**
   * The ARN of the SNS topic that is notified when an alarm goes off and when it clears. The topic must be in
   * the stack's region. See [what the topic must allow](../operations.md#the-alarm-topic). In your own CDK
   * app, use the `alarmTopic` prop instead.
   *
   * Value: an ARN such as arn:aws:sns:eu-central-1:123456789012:alarms, of a standard topic.
   *
   * @default - none: alarms are visible only in CloudWatch
   */
  readonly alarmTopicArn?: string;
  /**
   * The URL to which the functions send spans, as OTLP over HTTP. The functions append `/v1/traces` to it. In
   * Lambda, use `http://localhost:4318` and a collector in a layer (`otelLayerArn`). Without a URL, the
   * functions send no spans, and a job only passes on its submission's `traceparent`. See
   * [Traces](../how-to/traces.md).
   *
   * Value: an http or https URL without a query, such as http://localhost:4318.
   *
   * @default - none
   */
  readonly otelExporterOtlpEndpoint?: string;
  /**
   * Headers to send to the collector, as comma-separated `name=value` pairs with percent-encoded values.
   * Anyone who can read the template or the functions’ configuration can read the headers. To keep a key
   * secret, let a collector in a layer add it.
   *
   * Value: comma-separated name=value pairs, such as x-team=jobs (up to 1000 characters).
   *
   * @default - none
   */
  readonly otelExporterOtlpHeaders?: string;
  /**
   * The service name in traces (`service.name`).
   *
   * Value: 1 to 100 printable ASCII characters.
   *
   * @default - `errand`
   */
  readonly otelServiceName?: string;
  /**
   * Which traces are recorded. A `parentbased_` sampler follows the sampling decision in the caller’s
   * `traceparent`. For traces that start in Errand, it uses the sampler named after the prefix.
   *
   * @default - `parentbased_always_on`
   */
  readonly otelTracesSampler?:
    | 'always_on'
    | 'always_off'
    | 'traceidratio'
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio';
  /**
   * The fraction of traces that the `traceidratio` and `parentbased_traceidratio` samplers record.
   *
   * Value: a number from 0 to 1, such as 0.1.
   *
   * @default - 1
   */
  readonly otelTracesSamplerArg?: string;
  /**
   * The ARN of a Lambda layer with an OpenTelemetry collector for arm64, for the functions that send spans. A
   * queue with a different architecture, or with its own `layers`, needs the collector among those `layers`.
   *
   * Value: the ARN of a layer version, such as arn:aws:lambda:eu-central-1:123456789012:layer:collector:1.
   *
   * @default - none
   */
  readonly otelLayerArn?: string;
  /**
   * Whether X-Ray traces the functions. With `active`, Lambda samples requests and sends its own segments, at
   * [X-Ray’s price](../how-to/traces.md#x-ray). This setting is independent of the OpenTelemetry settings.
   *
   * @default 'off'
   */
  readonly tracing?: 'off' | 'active';
}

/** The settings of one queue. */
export interface QueueSettings {
  /**
   * The maximum number of the queue’s jobs that run at the same time. If `batchSize` is above 1, this is the
   * maximum number of batches.
   *
   * Value: a whole number from 1 to 1000.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /**
   * The time limit for one attempt of a job. This is also the timeout of the queue's worker function.
   *
   * Value: a whole number of seconds from 1 to 900.
   *
   * @default Duration.seconds(46)
   */
  readonly timeout?: Duration;
  /**
   * The maximum number of jobs that one worker execution runs in parallel.
   *
   * Value: a whole number from 1 to 10.
   *
   * @default 1
   */
  readonly batchSize?: number;
  /**
   * The memory of one worker execution, in MB. Lambda allocates CPU in proportion to memory: 1,769 MB give a
   * worker one full vCPU.
   *
   * Value: a whole number from 256 to 10240.
   *
   * @default 1024
   */
  readonly memorySize?: number;
  /**
   * The size of `/tmp` in one worker execution.
   *
   * Value: a whole number of MB from 512 to 10240.
   *
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorageSize?: Size;
  /**
   * The worker’s instruction set. Choose `x86_64` for packages without an ARM build.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /**
   * Environment variables for your jobs.
   *
   * Value: names of at least two letters, digits and underscores that begin with a letter and that neither
   * Lambda nor Errand uses, with strings as values.
   *
   * @default {}
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** The thresholds at which the alarms go off: with `apiErrorRate: 5`, the alarm goes off at 5 %. */
export interface AlarmThresholds {
  /**
   * The age of the oldest message in a queue.
   *
   * Value: a whole number of seconds from 60 to 864000.
   *
   * @default - 30 minutes, or 15 minutes plus twice the queue’s visibility timeout if that is longer
   */
  readonly oldestMessage?: Duration;
  /**
   * How many of a queue’s jobs must fail within 15 minutes before `failureRate` applies.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly failedJobs?: number;
  /**
   * The percentage of failed jobs among the jobs that ended within 15 minutes.
   *
   * Value: a whole number from 1 to 100.
   *
   * @default 10
   */
  readonly failureRate?: number;
  /**
   * The number of worker invocations that crash or time out within 5 minutes.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly workerErrors?: number;
  /**
   * The number of batches per minute that could not be claimed or recorded. The alarm goes off if 3 of 10
   * minutes reach this number.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 1
   */
  readonly settlesFailed?: number;
  /**
   * The number of database calls that fail within 5 minutes.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly dataApiErrors?: number;
  /**
   * The number of batches that the `dead-letter` function receives within 5 minutes.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 1
   */
  readonly deadLetters?: number;
  /**
   * How many of the five sweeps within 5 minutes fail or do not start.
   *
   * Value: a whole number from 1 to 5.
   *
   * @default 3
   */
  readonly sweepsFailed?: number;
  /**
   * The number of `scheduled` function invocations that crash or time out within 5 minutes.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 3
   */
  readonly scheduledErrors?: number;
  /**
   * The percentage of requests per minute that get a 5xx response. The alarm goes off if 3 of 10 minutes
   * reach this percentage.
   *
   * Value: a whole number from 1 to 100.
   *
   * @default 5
   */
  readonly apiErrorRate?: number;
  /**
   * The 99th percentile of the API’s response time. The alarm goes off if three consecutive periods of 5
   * minutes reach this time.
   *
   * Value: a whole number of seconds from 1 to 29.
   *
   * @default - 10 seconds if `maxWaits` is 0; otherwise 27 seconds, because a request that waits for a job
   * takes up to 25
   */
  readonly apiLatency?: Duration;
  /**
   * How many times Lambda throttles the API function within 5 minutes.
   *
   * Value: a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly apiThrottles?: number;
  /**
   * The percentage of `auroraMaxAcu` that the database uses. The alarm goes off if three consecutive periods
   * of 5 minutes reach this percentage.
   *
   * Value: a whole number from 1 to 100.
   *
   * @default 95
   */
  readonly databaseCapacity?: number;
}
