/** Facts about a synthesized stack that determine its cost. */
export interface StackFacts {
  readonly apiMemoryMb: number;
  readonly workerMemoryMb: number;
  readonly sweeperMemoryMb: number;
  /** The worker's reserved concurrency; undefined if none is reserved. */
  readonly concurrency: number | undefined;
  /** Maximum number of jobs per execution of the worker. */
  readonly batchSize: number;
  readonly secrets: number;
  /** The number of metrics that alarms watch. An alarm on a metric-math expression watches several metrics. */
  readonly alarmMetrics: number;
  readonly dashboards: number;
  /** The `METRICS` setting. */
  readonly metrics: 'queues' | 'types' | 'off';
  /** The number of job queues, each of which has a worker. */
  readonly jobQueues: number;
  /** How long API Gateway caches the authorizer's decision about a key and a route, in seconds. Undefined without a Lambda authorizer. */
  readonly authorizerCache: number | undefined;
  /** The number of queues that Lambda polls. */
  readonly polledQueues: number;
  /** The number of readers. If the writer fails, one of the readers takes over. */
  readonly readers: number;
  /** The cluster's minimum capacity; undefined if the stack has no cluster. */
  readonly minimumCapacity: number | undefined;
  readonly maximumCapacity: number | undefined;
  /** The idle time after which Aurora pauses, in seconds; undefined if Aurora never pauses. */
  readonly autoPause: number | undefined;
}

/** The parts of a CloudFormation template that this module reads. */
export interface CostedTemplate {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Record<string, unknown> }>>;
  readonly Outputs?: Readonly<Record<string, { Value: unknown }>>;
}

interface FunctionProperties {
  MemorySize?: number;
  ReservedConcurrentExecutions?: number;
  Environment?: { Variables?: Readonly<Record<string, unknown>> };
}

interface Scaling {
  MinCapacity?: number;
  MaxCapacity?: number;
  SecondsUntilAutoPause?: number;
}

/** Lambda's default memory. */
const DEFAULT_MEMORY_MB = 128;

/**
 * Reads the facts from an Errand stack's template.
 *
 * @throws Error that names a missing output
 */
export function stackFacts(template: CostedTemplate): StackFacts {
  const api = functionOf(template, 'ApiFunctionName');
  const worker = functionOf(template, 'WorkerFunctionName');
  const sweeper = functionOf(template, 'SweeperFunctionName');
  const functions: FunctionProperties[] = propertiesOf(template, 'AWS::Lambda::Function');
  const mappings = propertiesOf(template, 'AWS::Lambda::EventSourceMapping');
  const workerId = logicalIdOf(template, 'WorkerFunctionName');
  const [cluster] = propertiesOf(template, 'AWS::RDS::DBCluster');
  const authorizer = propertiesOf(template, 'AWS::ApiGatewayV2::Authorizer').find(
    ({ AuthorizerType }) => AuthorizerType === 'REQUEST',
  );
  const scaling = cluster?.ServerlessV2ScalingConfiguration as Scaling | undefined;
  const delivery = mappings.find(({ FunctionName }) => refersTo(FunctionName, workerId));
  return {
    apiMemoryMb: api.MemorySize ?? DEFAULT_MEMORY_MB,
    workerMemoryMb: worker.MemorySize ?? DEFAULT_MEMORY_MB,
    sweeperMemoryMb: sweeper.MemorySize ?? DEFAULT_MEMORY_MB,
    concurrency: worker.ReservedConcurrentExecutions,
    batchSize: (delivery?.BatchSize as number | undefined) ?? 1,
    secrets: propertiesOf(template, 'AWS::SecretsManager::Secret').length,
    alarmMetrics: propertiesOf(template, 'AWS::CloudWatch::Alarm').reduce(
      (sum, alarm) => sum + metricsWatchedBy(alarm),
      0,
    ),
    dashboards: propertiesOf(template, 'AWS::CloudWatch::Dashboard').length,
    metrics: worker.Environment?.Variables?.METRICS as StackFacts['metrics'],
    jobQueues: functions.filter(({ Environment }) => Environment?.Variables?.QUEUE_NAME !== undefined).length,
    authorizerCache: authorizer?.AuthorizerResultTtlInSeconds as number | undefined,
    polledQueues: mappings.length,
    readers: propertiesOf(template, 'AWS::RDS::DBInstance').filter(({ PromotionTier }) => PromotionTier !== 0)
      .length,
    minimumCapacity: scaling?.MinCapacity,
    maximumCapacity: scaling?.MaxCapacity,
    autoPause: scaling?.SecondsUntilAutoPause,
  };
}

function metricsWatchedBy({ Metrics: queries }: Record<string, unknown>): number {
  if (queries === undefined) return 1;
  return (queries as { MetricStat?: unknown }[]).filter(({ MetricStat }) => MetricStat !== undefined).length;
}

function propertiesOf(template: CostedTemplate, type: string): Record<string, unknown>[] {
  return Object.values(template.Resources)
    .filter(({ Type }) => Type === type)
    .map(({ Properties }) => Properties ?? {});
}

function functionOf(template: CostedTemplate, output: string): FunctionProperties {
  return template.Resources[logicalIdOf(template, output)]?.Properties ?? {};
}

function logicalIdOf(template: CostedTemplate, output: string): string {
  const { Ref } = (template.Outputs?.[output]?.Value ?? {}) as { Ref?: string };
  if (Ref === undefined) throw new Error(`The template has no ${output} output that refers to a function.`);
  return Ref;
}

function refersTo(value: unknown, logicalId: string): boolean {
  return (value as { Ref?: string } | undefined)?.Ref === logicalId;
}
