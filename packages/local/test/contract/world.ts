import { randomUUID } from 'node:crypto';

export type TargetName = 'errand' | 'ministack' | 'moto' | 'localstack';

export type Protocol =
  'sqs' | 'dynamodb' | 's3' | 'rds-data' | 'scheduler' | 'secretsmanager' | 'ssm' | 'lambda' | 'events';

/** The configuration for SDK clients. */
interface ClientConfiguration {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
}

/** A cloud under test. */
export interface World {
  readonly target: TargetName;
  readonly endpoint: string;
  /** The protocols that the cloud supports. */
  readonly speaks: readonly Protocol[];
  /** The database for Data API calls; absent if the cloud has none. */
  readonly database?: { resourceArn: string; secretArn: string; database: string };
  /** Access to functions; absent if the cloud can't run functions. */
  readonly functions?: Functions;
}

export interface FunctionSettings {
  readonly timeoutSeconds?: number;
  readonly reservedConcurrency?: number;
}

/** Access to functions and their triggers. */
export interface Functions {
  /** Creates a function from its `index.mjs` source. @returns the function's name */
  create(source: string, settings?: FunctionSettings): Promise<string>;
  /** Replaces the code of a function's `$LATEST` version. */
  change(functionName: string, source: string): Promise<void>;
  /** Publishes a function's `$LATEST` as a new version. @returns the version */
  publish(functionName: string): Promise<string>;
  /** Maps a queue to a function, with one message per invocation. */
  mapQueue(queueArn: string, functionName: string): Promise<void>;
  /** Serves a function through an HTTP API with the routes `GET /jobs/{job_id}` and `$default`. @returns the API's URL */
  serve(functionName: string): Promise<string>;
  /** Creates a stack with one custom resource, `Custom::Migration`, whose `Version` property is `"1"`. */
  createCustomResource(functionName: string): Promise<void>;
}

export const REGION = 'us-east-1';

export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Creates an SDK client without retries, because a case tests the first response. */
export function clientOf<Client>(
  { endpoint }: World,
  ClientOf: new (configuration: ClientConfiguration) => Client,
): Client {
  return new ClientOf({ endpoint, region: REGION, credentials: CREDENTIALS, maxAttempts: 1 });
}

/** Returns a cloud's access to functions. @throws Error if the cloud can't run functions */
export function functionsOf({ functions, target }: World): Functions {
  if (!functions) throw new Error(`${target} runs no functions`);
  return functions;
}

/** Returns a unique name. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomUUID()}`;
}

/** The value that `refusal` returns for an accepted call. The lists of differences also use it. */
export const ACCEPTED = { error: 'none: it was accepted', status: undefined };

/**
 * Returns the error of a call that is expected to fail, as the SDK reports it. If the call succeeds, returns the `error` of {@link ACCEPTED}.
 */
export async function refusal(
  sent: Promise<unknown>,
): Promise<{ error: string; status?: number | undefined }> {
  try {
    await sent;
  } catch (error) {
    const { name, $metadata: metadata } = error as Error & { $metadata?: { httpStatusCode?: number } };
    return { error: name, status: metadata?.httpStatusCode };
  }
  return { error: ACCEPTED.error };
}
