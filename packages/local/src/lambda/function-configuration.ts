import path from 'node:path';
import { LATEST, qualifiedName } from './function-reference.ts';
import { hasHandler, runtimeOf } from './runtimes.ts';

/** A function's configuration, corresponding to the properties of AWS::Lambda::Function. */
export interface FunctionConfiguration {
  /** The function's name, unique within the account. */
  readonly name: string;
  /** A published version's number. @default - `$LATEST` */
  readonly version?: string;
  /** The folder with the unpacked bundle, which becomes `LAMBDA_TASK_ROOT`. */
  readonly codeDir: string;
  /** The folder with the layers' contents, used instead of `/opt`. @default - no layers */
  readonly layersDir?: string;
  /** The handler as `file.export`, such as `index.handler`. */
  readonly handler: string;
  /** The runtime, such as `python3.13`. @default - this process's version of Node.js */
  readonly runtime?: string;
  /** The timeout, from 1 to 900 seconds. */
  readonly timeoutSeconds: number;
  /** The memory in megabytes, from 128 to 10,240. As in AWS, V8's old generation is limited to nine tenths of the memory. */
  readonly memorySize: number;
  /**
   * The function's own environment variables, and `AWS_ENDPOINT_URL`, which points the function's SDK clients at the embedded cloud.
   */
  readonly environment: Readonly<Record<string, string>>;
  /**
   * The maximum number of concurrent invocations; 0 stops the function. @default - the function shares the account's concurrency
   */
  readonly reservedConcurrency?: number;
  /** The log format of `console` output. @default Text */
  readonly logFormat?: 'Text' | 'JSON';
  /** The lowest level that `console` writes in JSON format. @default INFO, as in Lambda */
  readonly logLevel?: LogLevel;
  /** The log group's name. @default /aws/lambda/ followed by the function's name */
  readonly logGroup?: string;
  /** The ARN of the function's role. @default - no role; the function acts as the account's operator */
  readonly roleArn?: string;
  /**
   * The debugger's port on 127.0.0.1. The function then has only one sandbox, which has no timeout.
   *
   * @default - no debugger
   */
  readonly inspectPort?: number | undefined;
}

/** Lambda's application log levels, most detailed first. */
export const LOG_LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The embedded account and its region. */
export interface Account {
  readonly region: string;
  readonly accountId: string;
}

/** Environment variables that a function's configuration must not set (Lambda, "Defined runtime environment variables"). */
const RESERVED = new Set([
  '_HANDLER',
  '_X_AMZN_TRACE_ID',
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
]);

/**
 * The secret access key in all functions' credentials. Functions use this key to sign requests and upload forms, and the embedded S3 uses it to
 * verify the forms.
 */
export const SECRET_ACCESS_KEY = 'embedded';

/**
 * Returns a function's ARN. The function need not exist.
 *
 * @param name with or without `:` and a qualifier
 */
export function functionArn({ region, accountId }: Account, name: string): string {
  return `arn:aws:lambda:${region}:${accountId}:function:${name}`;
}

/**
 * Refuses configurations that Lambda refuses.
 *
 * @throws Error that names the function, the property and the value
 */
export function validate(configuration: FunctionConfiguration): void {
  const { name, codeDir, handler, timeoutSeconds, memorySize, environment, reservedConcurrency } =
    configuration;
  const refuse = (reason: string): never => {
    throw new Error(`Lambda function ${name}: ${reason}`);
  };
  if (!Number.isInteger(timeoutSeconds) || timeoutSeconds < 1 || timeoutSeconds > 900) {
    refuse(`the timeout must be 1 to 900 seconds, got ${timeoutSeconds}`);
  }
  if (!Number.isInteger(memorySize) || memorySize < 128 || memorySize > 10_240) {
    refuse(`the memory size must be 128 to 10240 MB, got ${memorySize}`);
  }
  if (
    reservedConcurrency !== undefined &&
    (!Number.isInteger(reservedConcurrency) || reservedConcurrency < 0)
  ) {
    refuse(`the reserved concurrency must be a whole number, got ${reservedConcurrency}`);
  }
  const reserved = Object.keys(environment).filter((key) => RESERVED.has(key));
  if (reserved.length > 0) {
    refuse(`its environment sets reserved keys that Lambda does not let you modify: ${reserved.join(', ')}`);
  }
  if (!hasHandler(configuration)) {
    refuse(`no bundle for its handler ${handler} in ${codeDir}; synthesize the stack again`);
  }
}

/**
 * Returns a sandbox's complete environment. The only variable taken from this process's environment is PATH.
 *
 * @param runtimeApi `host:port` of the sandbox's Runtime API
 * @param sessionToken distinguishes this sandbox's AWS calls from those of other sandboxes
 */
export function sandboxEnvironment(
  configuration: FunctionConfiguration,
  account: Account,
  runtimeApi: string,
  logStream: string,
  sessionToken: string,
): Record<string, string> {
  const { name, version, codeDir, handler, memorySize, environment, layersDir } = configuration;
  const { logFormat = 'Text', logGroup = `/aws/lambda/${name}`, logLevel = 'INFO' } = configuration;
  return {
    PATH: process.env.PATH ?? '',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    // Lambda has no home folder with an ~/.aws. This setting keeps the SDK from reading the developer's own profile.
    HOME: codeDir,
    ...(layersDir !== undefined && layerPaths(layersDir)),
    ...environment,
    AWS_LAMBDA_LOG_FORMAT: logFormat,
    ...(logFormat === 'JSON' && { AWS_LAMBDA_LOG_LEVEL: logLevel }),
    _HANDLER: handler,
    LAMBDA_TASK_ROOT: codeDir,
    AWS_LAMBDA_RUNTIME_API: runtimeApi,
    AWS_EXECUTION_ENV: runtimeOf(configuration).executionEnvironment,
    AWS_REGION: account.region,
    AWS_DEFAULT_REGION: account.region,
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: version ?? LATEST,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memorySize),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: logGroup,
    AWS_LAMBDA_LOG_STREAM_NAME: logStream,
    // The access key ID identifies the function to the AWS endpoint. The ID includes the version, because each version has its own role in IAM.
    AWS_ACCESS_KEY_ID: qualifiedName(name, version),
    AWS_SECRET_ACCESS_KEY: SECRET_ACCESS_KEY,
    AWS_SESSION_TOKEN: sessionToken,
  };
}

/**
 * Returns the environment variables that contain paths into a function's layers
 * (https://docs.aws.amazon.com/lambda/latest/dg/packaging-layers.html).
 */
function layerPaths(layersDir: string): Record<string, string> {
  const inLayers = (...names: string[]): string => path.join(layersDir, ...names);
  const major = process.versions.node.split('.')[0] ?? '';
  return {
    PATH: [inLayers('bin'), process.env.PATH ?? ''].join(path.delimiter),
    LD_LIBRARY_PATH: inLayers('lib'),
    NODE_PATH: [inLayers('nodejs', `node${major}`, 'node_modules'), inLayers('nodejs', 'node_modules')].join(
      path.delimiter,
    ),
    PYTHONPATH: inLayers('python'),
  };
}
