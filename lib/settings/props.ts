// Written by `npm run documents` from lib/settings/table.ts. Do not edit.
import type { Duration, Size } from 'aws-cdk-lib/core';
import type { Architecture } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';

/** The settings as props of the construct. `jobTimeout` is `JOB_TIMEOUT` in the environment and in CDK context. */
export interface Settings {
  /**
   * Your jobs file: a TypeScript or JavaScript module that exports jobs. Its path is relative to the folder
   * in which the CDK app runs.
   *
   * Give a path such as jobs/index.ts.
   *
   * @default - none: only the built-in jobs
   */
  readonly jobs?: string;
  /**
   * The built-in jobs that clients may submit. Callbacks are sent even without `webhook`.
   *
   * @default true
   */
  readonly builtInJobs?: boolean | readonly ('sleep' | 'analyze' | 'webhook' | 'send_messages')[];
  /**
   * The longest that one attempt of a job in the queue `default` may run. Also the timeout of that queue's
   * worker function.
   *
   * Give a whole number of seconds from 1 to 900.
   *
   * @default Duration.seconds(46)
   */
  readonly jobTimeout?: Duration;
  /**
   * The number of jobs of the queue `default` that run at the same time; with `jobBatchSize`, the number of
   * batches.
   *
   * Give a whole number from 1 to 1000.
   *
   * @default 10
   */
  readonly jobPrefetch?: number;
  /**
   * The maximum number of jobs that one execution of the worker runs in parallel. `jobPrefetch` counts
   * executions, so up to `jobPrefetch` times `jobBatchSize` jobs run at the same time. Useful for many short
   * jobs. A batch is claimed and recorded as a whole: none of its jobs shows as finished before the last one
   * is.
   *
   * Give a whole number from 1 to 10.
   *
   * @default 1
   */
  readonly jobBatchSize?: number;
  /**
   * The memory of one execution of the worker, in MB. Lambda allocates CPU in proportion: 1,769 MB are one
   * full vCPU. AWS may refuse high values in a new account.
   *
   * Give a whole number from 256 to 10240.
   *
   * @default 1024
   */
  readonly jobMemory?: number;
  /**
   * How long a delivered message of the queue `default` stays hidden. If a worker dies, its job is rerun
   * after this time.
   *
   * Give a whole number of seconds from 1 to 43200.
   *
   * @default - 10 seconds more than `jobTimeout`
   */
  readonly visibilityTimeout?: Duration;
  /**
   * Whether each queue's worker reserves its share of the account's Lambda concurrency: `jobPrefetch`
   * executions for the queue `default`. Give `false` in an account whose concurrency quota is 10, where AWS
   * refuses the reservation, and give `accountConcurrency` too.
   *
   * @default true
   */
  readonly reserveConcurrency?: boolean;
  /**
   * The account's quota of concurrent Lambda executions in the region, which all its functions share. The
   * synth fails if the queues and `maxWaits` leave no executions for the API; without the setting it only
   * warns. On a laptop, the embedded cloud has this quota.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 1000
   */
  readonly accountConcurrency?: number;
  /**
   * How many earlier versions of a worker are kept for jobs whose type has `versioning: 'pinned'`. Each
   * deployment that changes the worker makes a version.
   *
   * Give a whole number from 1 to 100.
   *
   * @default 5
   */
  readonly keepVersions?: number;
  /**
   * How long a due job may stay unsent before the sweeper sends it to the queue again.
   *
   * Give a whole number of seconds from 1 to 3600.
   *
   * @default Duration.seconds(60)
   */
  readonly sweepAfter?: Duration;
  /**
   * How long the same `object_id` leads to the job that was first submitted with it, instead of to a new one.
   *
   * Give a whole number of seconds from 1 to 86400.
   *
   * @default Duration.seconds(300)
   */
  readonly dedupWindow?: Duration;
  /**
   * How many days a job and its attempts are kept after the job ends, and a message after it is sent or
   * fails.
   *
   * Give a whole number from 1 to 3650.
   *
   * @default 30
   */
  readonly retentionDays?: number;
  /**
   * How many days an uploaded file is kept.
   *
   * Give a whole number from 1 to 365.
   *
   * @default - 7, or `retentionDays` if that is less
   */
  readonly uploadRetentionDays?: number;
  /**
   * How many days logs are kept: one of the periods that CloudWatch Logs offers.
   *
   * @default RetentionDays.ONE_MONTH
   */
  readonly logRetentionDays?: RetentionDays;
  /**
   * Whether the database and the table of API keys refuse to be deleted, and the bucket of uploads is kept
   * when the stack is deleted. With `false` the data is deleted with the stack, without a last snapshot, and
   * you must empty the bucket first.
   *
   * @default true
   */
  readonly deletionProtection?: boolean;
  /**
   * The minimum capacity of the database, in Aurora capacity units. With 0 it pauses when it is idle.
   *
   * Give a number of Aurora capacity units: 0 (it pauses when idle) or 0.5 to 256 in steps of 0.5.
   *
   * @default 0
   */
  readonly auroraMinAcu?: number;
  /**
   * The maximum capacity of the database, in Aurora capacity units.
   *
   * Give a number of Aurora capacity units: 1 to 256 in steps of 0.5.
   *
   * @default 4
   */
  readonly auroraMaxAcu?: number;
  /**
   * How long the database must be idle before it pauses.
   *
   * Give a whole number of seconds from 300 to 86400.
   *
   * @default - 300 seconds if `auroraMinAcu` is 0; otherwise the database never pauses
   */
  readonly auroraAutoPause?: Duration;
  /**
   * The number of readers: additional database instances, one of which takes over if the writer fails. Each
   * reader is charged like the writer while it runs. See [When the database
   * fails](../operations.md#when-the-database-fails).
   *
   * Give a whole number from 0 to 15.
   *
   * @default 0
   */
  readonly auroraReaders?: number;
  /**
   * Whether to keep the stack's cluster, with its instances, master secret and network, when it is removed
   * from the stack. Deploy with `true` before you move the jobs to another cluster. See [Restore and
   * move](../how-to/restore-and-move.md).
   *
   * @default false
   */
  readonly auroraRetain?: boolean;
  /**
   * The ARN of your own Aurora PostgreSQL cluster, to keep the jobs there: the stack then has neither a
   * cluster nor a VPC. The cluster needs the Data API and must be in the stack's region. Needs
   * `auroraSecretArn`; can't be combined with the property `vpc`, or with the settings of the stack's
   * cluster.
   *
   * Give an ARN such as arn:aws:rds:eu-central-1:123456789012:cluster:jobs.
   *
   * @default - the stack creates a cluster, and a network for it
   */
  readonly auroraClusterArn?: string;
  /**
   * The full ARN of the secret with the credentials for `auroraClusterArn`. Its user must be allowed to
   * create tables in the database, and to create users.
   *
   * Give an ARN such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3, with the six
   * characters at its end.
   *
   * @default - none
   */
  readonly auroraSecretArn?: string;
  /**
   * The name of the database in `auroraClusterArn`. It must exist, and nothing else may use it: the
   * migrations create their tables in it.
   *
   * Give the name of a database: a letter or an underscore, then up to 51 letters, digits, underscores or
   * hyphens.
   *
   * @default 'errand'
   */
  readonly auroraDatabaseName?: string;
  /**
   * How callers of the API prove who they are: with an API key that Errand issued (`api-key`), with requests
   * signed with IAM credentials (`iam`), with tokens of an issuer that you name (`jwt`), or not at all
   * (`none`).
   *
   * @default 'api-key'
   */
  readonly auth?: 'api-key' | 'iam' | 'jwt' | 'none';
  /**
   * Must be `true` with `auth` `none`, so that a single mistake never opens the API to the internet.
   *
   * @default false
   */
  readonly allowUnauthenticated?: boolean;
  /**
   * The issuer (`iss`) of the tokens, with `auth` `jwt`: an `https://` URL that serves
   * `/.well-known/openid-configuration` below it. For development also `http://` with a loopback address.
   *
   * Give an https URL without a query, such as https://example.eu.auth0.com/, or, for development, http with
   * a loopback address.
   *
   * @default - none; `auth` `jwt` needs one
   */
  readonly jwtIssuer?: string;
  /**
   * The audiences that tokens are accepted for, with `auth` `jwt`: the `aud` of a token, or without `aud` its
   * `client_id`.
   *
   * @default []
   */
  readonly jwtAudience?: readonly string[];
  /**
   * The claim of a token that names the tenant.
   *
   * Give the name of a claim, up to 100 characters.
   *
   * @default 'tenant'
   */
  readonly jwtTenantClaim?: string;
  /**
   * A prefix of `read`, `submit` and `admin` in a token's scopes, such as `errand/`.
   *
   * Give up to 100 characters that a scope may have.
   *
   * @default ''
   */
  readonly jwtScopePrefix?: string;
  /**
   * The tenant of callers whose credentials name none: with `auth` `iam` and `none`.
   *
   * Give a name of 1 to 64 letters, digits and the characters . _ @ : | - that begins with a letter or a
   * digit.
   *
   * @default 'default'
   */
  readonly defaultTenant?: string;
  /**
   * Whether the deployment serves the [console](../console.md), a web page at `/console`. The page holds no
   * data: it asks for the credentials with which it calls the API.
   *
   * @default true
   */
  readonly console?: boolean;
  /**
   * The client id of the [console](../console.md) at the issuer, with `auth` `jwt`: a public client whose
   * redirect URI is `/console` of the API. People then sign in at the issuer (OpenID Connect, authorization
   * code with PKCE). Without it, the console asks for a token.
   *
   * Give a client id, up to 200 printable characters without spaces.
   *
   * @default - none: the console asks for a token
   */
  readonly consoleClientId?: string;
  /**
   * The origins whose web pages may call the API from a browser: `https://app.example.com`, for development
   * also `http://localhost:5173`. A single `*` allows every origin, except with `auth` `none`.
   *
   * @default []
   */
  readonly corsOrigins?: readonly string[];
  /**
   * The address of the API in the links of `step.approvalLink`, if people reach the API at another address
   * than the output `ApiUrl`, such as a custom domain. The pages are below it, at `/approvals/`, and need no
   * credentials with any `auth`.
   *
   * Give an https URL without a query, such as https://jobs.example.com, or, for development, http with a
   * loopback address.
   *
   * @default - the output `ApiUrl`
   */
  readonly approvalsUrl?: string;
  /**
   * The maximum number of jobs of one tenant that may wait or run at the same time. Further submissions and
   * retries are refused with 429, and firings of schedules are skipped. 0 for no limit.
   *
   * Give a whole number from 0 to 1000000.
   *
   * @default 0
   */
  readonly tenantMaxJobsInFlight?: number;
  /**
   * The maximum number of jobs that one tenant may submit or retry per second. Further ones are refused with
   * 429. 0 for no limit. With a limit, each request that submits or retries jobs makes one more call to
   * DynamoDB.
   *
   * Give a whole number from 0 to 50000.
   *
   * @default 0
   */
  readonly tenantSubmissionsPerSecond?: number;
  /**
   * The maximum number of requests that may wait for a job's end (`?wait=`) at the same time, of all tenants
   * together. Further ones are answered at once with the job as it is. 0 for no waits. Each wait occupies one
   * of the executions that the account may run at once, for up to 25 seconds: raise it in an account with
   * more than the 10 of a new one.
   *
   * Give a whole number from 0 to 500.
   *
   * @default 4
   */
  readonly maxWaits?: number;
  /**
   * The maximum number of requests of one tenant that may wait for a job's end at the same time.
   *
   * Give a whole number from 0 to 500.
   *
   * @default - half of `maxWaits`, rounded up
   */
  readonly tenantMaxWaits?: number;
  /**
   * How many requests per second the API accepts on average, from all callers together. Further ones are
   * refused with 429.
   *
   * Give a whole number from 1 to 10000.
   *
   * @default 500
   */
  readonly apiRateLimit?: number;
  /**
   * How many requests the API accepts at once before `apiRateLimit` applies.
   *
   * Give a whole number from 1 to 5000.
   *
   * @default 1000
   */
  readonly apiBurstLimit?: number;
  /**
   * The hosts that jobs of the type `webhook`, and callbacks, may call: `example.com`, `example.com:8443`, or
   * `*.example.com` for subdomains of any depth, each over HTTPS only. A leading `http://` allows plain HTTP.
   * An IP address allows that address and port, even a private one: `http://127.0.0.1:8080`, for development.
   * With a tenant and a colon in front, `acme:example.com`, a host is for that tenant only. With no hosts,
   * webhooks are refused.
   *
   * @default []
   */
  readonly webhookAllowedHosts?: readonly string[];
  /**
   * The URL that the job type `send_messages` POSTs messages to: `https://`, or for development `http://`
   * with a loopback address, such as `http://127.0.0.1:8080/messages`. Without a URL, the job type is
   * refused.
   *
   * Give an https URL without a user name, such as https://example.com/messages, or, for development, http
   * with a loopback address, such as http://127.0.0.1:8080/messages.
   *
   * @default - none
   */
  readonly messagesUrl?: string;
  /**
   * Which metrics the functions publish to CloudWatch: those of each queue (`queues`), those of each job type
   * too (`types`), or none (`off`). CloudWatch charges for each metric that gets values in a month: see
   * [Metrics](metrics.md#cost).
   *
   * @default 'queues'
   */
  readonly metrics?: 'queues' | 'types' | 'off';
  /**
   * Whether the stack has CloudWatch alarms. [Alarms](alarms.md) lists them, with what each costs.
   *
   * @default true
   */
  readonly alarms?: boolean;
  /**
   * Whether the stack has a CloudWatch dashboard. Three dashboards of an account are free; each further one
   * costs $3.00 a month.
   *
   * @default - `alarms`
   */
  readonly dashboard?: boolean;
  /**
   * The ARN of the SNS topic that is notified when an alarm goes off, and when it ends. The topic must be in
   * the region of the stack. See [what the topic must allow](../operations.md#the-alarm-topic). In your own
   * CDK app, give the property `alarmTopic` instead.
   *
   * Give an ARN such as arn:aws:sns:eu-central-1:123456789012:alarms, of a standard topic.
   *
   * @default - none: alarms are only shown in CloudWatch
   */
  readonly alarmTopicArn?: string;
  /**
   * Where the functions send spans, as OTLP over HTTP: to this URL with `/v1/traces` appended. In Lambda, use
   * `http://localhost:4318` and a collector as a layer (`otelLayerArn`). Without a URL there are no spans,
   * and a job only passes on the `traceparent` of its submission. See [Traces](../how-to/traces.md).
   *
   * Give an http or https URL without a query, such as http://localhost:4318.
   *
   * @default - none
   */
  readonly otelExporterOtlpEndpoint?: string;
  /**
   * Headers for the collector: `name=value`, with commas between them and values percent-encoded. They are
   * readable in the template and in the functions’ configuration. To keep a key secret, let a collector as a
   * layer add it.
   *
   * Give name=value, with commas between several, such as x-team=jobs (up to 1000 characters).
   *
   * @default - none
   */
  readonly otelExporterOtlpHeaders?: string;
  /**
   * The name of the service in traces: `service.name`.
   *
   * Give 1 to 100 printable ASCII characters.
   *
   * @default - `errand`
   */
  readonly otelServiceName?: string;
  /**
   * Which traces are recorded. With `parentbased_…`, the caller’s `traceparent` decides, and the rest of the
   * name applies to traces that begin here.
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
   * The share of traces that the samplers `traceidratio` and `parentbased_traceidratio` record.
   *
   * Give a number from 0 to 1, such as 0.1.
   *
   * @default - 1
   */
  readonly otelTracesSamplerArg?: string;
  /**
   * The ARN of a Lambda layer with an OpenTelemetry collector for arm64, for the functions that send spans. A
   * queue with another architecture, or with `layers` of its own, needs the layer among those `layers`.
   *
   * Give the ARN of a version of a layer, such as arn:aws:lambda:eu-central-1:123456789012:layer:collector:1.
   *
   * @default - none
   */
  readonly otelLayerArn?: string;
  /**
   * Whether X-Ray traces the functions. `active`: Lambda samples requests and sends its own segments, at
   * [X-Ray’s price](../how-to/traces.md#x-ray). Independent of OpenTelemetry’s settings.
   *
   * @default 'off'
   */
  readonly tracing?: 'off' | 'active';
}

/** The settings of one queue. */
export interface QueueSettings {
  /**
   * The number of jobs of the queue that run at the same time; with `batchSize`, the number of batches.
   *
   * Give a whole number from 1 to 1000.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /**
   * The longest that one attempt of a job may run. Also the timeout of the queue's worker function.
   *
   * Give a whole number of seconds from 1 to 900.
   *
   * @default Duration.seconds(46)
   */
  readonly timeout?: Duration;
  /**
   * The maximum number of jobs that one execution of the worker runs in parallel.
   *
   * Give a whole number from 1 to 10.
   *
   * @default 1
   */
  readonly batchSize?: number;
  /**
   * The memory of one execution of the worker, in MB. Lambda allocates CPU in proportion: 1,769 MB are one
   * full vCPU.
   *
   * Give a whole number from 256 to 10240.
   *
   * @default 1024
   */
  readonly memorySize?: number;
  /**
   * The size of `/tmp` in one execution of the worker.
   *
   * Give a whole number of MB from 512 to 10240.
   *
   * @default Size.mebibytes(512)
   */
  readonly ephemeralStorageSize?: Size;
  /**
   * The instruction set of the worker. `x86_64` is for packages that have no build for ARM.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /**
   * Environment variables for your jobs.
   *
   * Give names of at least two letters, digits and underscores that begin with a letter and that neither
   * Lambda nor Errand uses, with strings as values.
   *
   * @default {}
   */
  readonly environment?: Readonly<Record<string, string>>;
}

/** When the alarms go off: `apiErrorRate: 5` is an alarm at 5 %. */
export interface AlarmThresholds {
  /**
   * The age of the oldest message in a queue.
   *
   * Give a whole number of seconds from 60 to 864000.
   *
   * @default - 30 minutes, or 15 minutes and two visibility timeouts of the queue if that is longer
   */
  readonly oldestMessage?: Duration;
  /**
   * How many jobs of a queue must fail in 15 minutes before `failureRate` counts.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly failedJobs?: number;
  /**
   * The percentage of the jobs that ended in 15 minutes and failed.
   *
   * Give a whole number from 1 to 100.
   *
   * @default 10
   */
  readonly failureRate?: number;
  /**
   * How many invocations of a worker crash or time out in 5 minutes.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly workerErrors?: number;
  /**
   * How many batches of jobs of a queue were not claimed or not recorded in a minute, in 3 of 10 minutes.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 1
   */
  readonly settlesFailed?: number;
  /**
   * How many calls to the database fail in 5 minutes.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly dataApiErrors?: number;
  /**
   * How many batches of dead letters arrive in 5 minutes.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 1
   */
  readonly deadLetters?: number;
  /**
   * How many of the 5 sweeps in 5 minutes fail or do not start.
   *
   * Give a whole number from 1 to 5.
   *
   * @default 3
   */
  readonly sweepsFailed?: number;
  /**
   * How many invocations of the function of the schedules crash or time out in 5 minutes.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 3
   */
  readonly scheduledErrors?: number;
  /**
   * The percentage of requests with a 5xx response, in 3 of 10 minutes.
   *
   * Give a whole number from 1 to 100.
   *
   * @default 5
   */
  readonly apiErrorRate?: number;
  /**
   * The 99th percentile of the time that the API takes for a request, for 15 minutes.
   *
   * Give a whole number of seconds from 1 to 29.
   *
   * @default - 10 seconds if `maxWaits` is 0; otherwise 27 seconds, because a request that waits for a job
   * takes up to 25
   */
  readonly apiLatency?: Duration;
  /**
   * How many times Lambda refuses to run the api function in 5 minutes.
   *
   * Give a whole number from 1 to 1000000.
   *
   * @default 5
   */
  readonly apiThrottles?: number;
  /**
   * The percentage of `auroraMaxAcu` that the database uses, for 15 minutes.
   *
   * Give a whole number from 1 to 100.
   *
   * @default 95
   */
  readonly databaseCapacity?: number;
}
