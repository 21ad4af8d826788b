/** What of a synthesized stack has a price. */
export interface StackFacts {
  readonly apiMemoryMb: number;
  readonly workerMemoryMb: number;
  readonly sweeperMemoryMb: number;
  /** The worker's reserved concurrency; undefined where it is not reserved. */
  readonly concurrency: number | undefined;
  /** Jobs in one execution of the worker, at the most. */
  readonly batchSize: number;
  readonly secrets: number;
  /** Queues that Lambda polls. */
  readonly polledQueues: number;
  /** Undefined where the stack brings no cluster of its own. */
  readonly minimumCapacity: number | undefined;
  readonly maximumCapacity: number | undefined;
  /** Seconds without a call after which Aurora pauses; undefined where it never does. */
  readonly autoPause: number | undefined;
}

/** A CloudFormation template, as far as it is read here. */
export interface CostedTemplate {
  readonly Resources: Readonly<Record<string, { Type: string; Properties?: Record<string, unknown> }>>;
  readonly Outputs?: Readonly<Record<string, { Value: unknown }>>;
}

interface FunctionProperties {
  MemorySize?: number;
  ReservedConcurrentExecutions?: number;
}

interface Scaling {
  MinCapacity?: number;
  MaxCapacity?: number;
  SecondsUntilAutoPause?: number;
}

/** Lambda's memory where a function names none. */
const DEFAULT_MEMORY_MB = 128;

/**
 * Reads the facts from the template of an Errand stack.
 *
 * @throws Error that names the output which the template lacks
 */
export function stackFacts(template: CostedTemplate): StackFacts {
  const api = functionOf(template, 'ApiFunctionName');
  const worker = functionOf(template, 'WorkerFunctionName');
  const sweeper = functionOf(template, 'SweeperFunctionName');
  const mappings = propertiesOf(template, 'AWS::Lambda::EventSourceMapping');
  const workerId = logicalIdOf(template, 'WorkerFunctionName');
  const [cluster] = propertiesOf(template, 'AWS::RDS::DBCluster');
  const scaling = cluster?.ServerlessV2ScalingConfiguration as Scaling | undefined;
  const delivery = mappings.find(({ FunctionName }) => refersTo(FunctionName, workerId));
  return {
    apiMemoryMb: api.MemorySize ?? DEFAULT_MEMORY_MB,
    workerMemoryMb: worker.MemorySize ?? DEFAULT_MEMORY_MB,
    sweeperMemoryMb: sweeper.MemorySize ?? DEFAULT_MEMORY_MB,
    concurrency: worker.ReservedConcurrentExecutions,
    batchSize: (delivery?.BatchSize as number | undefined) ?? 1,
    secrets: propertiesOf(template, 'AWS::SecretsManager::Secret').length,
    polledQueues: mappings.length,
    minimumCapacity: scaling?.MinCapacity,
    maximumCapacity: scaling?.MaxCapacity,
    autoPause: scaling?.SecondsUntilAutoPause,
  };
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
  if (Ref === undefined) throw new Error(`The template has no output ${output} that refers to a function.`);
  return Ref;
}

function refersTo(value: unknown, logicalId: string): boolean {
  return (value as { Ref?: string } | undefined)?.Ref === logicalId;
}
