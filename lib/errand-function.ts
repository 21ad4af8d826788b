import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib/core';
import type { Duration } from 'aws-cdk-lib/core';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  Function,
  LayerVersion,
  LoggingFormat,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import type { FunctionOptions, RecursiveLoop } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { environments, variableOf } from '../lambdas/environment.ts';
import type { Environment, FunctionName } from '../lambdas/environment.ts';
import { bundle } from './bundle.ts';
import { serviceOf } from './service-name.ts';
import { runsOnHost } from './run-on-host.ts';
import { variablesOf } from './settings/read-settings.ts';
import type { ResolvedSettings, SettingName } from './settings/table.ts';

type EnvironmentOf<Source extends FunctionName> = Environment<(typeof environments)[Source]>;

/** The variables that a construct may omit: settings, the deployment's name, and variables that only some deployments set. */
type OptionalVariable<E> = {
  [Name in keyof E]: Name extends SettingName | 'service' ? Name : undefined extends E[Name] ? Name : never;
}[keyof E];

/** The part of a function's environment that its construct provides. */
export type GivenEnvironment<Source extends FunctionName, E = EnvironmentOf<Source>> = Omit<
  E,
  OptionalVariable<E>
> & { readonly [Name in OptionalVariable<E>]?: E[Name] | undefined };

/** Lambda options that are passed on unchanged. */
type PassedOn = Pick<
  FunctionOptions,
  'ephemeralStorageSize' | 'layers' | 'vpc' | 'vpcSubnets' | 'securityGroups' | 'currentVersionOptions'
>;

export interface ErrandFunctionProps<Source extends FunctionName> extends PassedOn {
  /** The name of a folder under `lambdas/`. The folder's `handler.ts` exports `handler`. */
  readonly source: Source;
  readonly description: string;
  readonly timeout: Duration;
  /** The memory size, in MiB. The CPU share is proportional to it. */
  readonly memorySize: number;
  readonly settings: ResolvedSettings;
  /**
   * The environment variables that lambdas/environment.ts describes for this function. A variable named after a setting defaults to the setting's
   * value. To remove the variable, set it to undefined.
   */
  readonly environment: GivenEnvironment<Source>;
  /**
   * Additional environment variables, which may override OpenTelemetry's variables, but no others.
   *
   * @default - none
   */
  readonly userEnvironment?: Readonly<Record<string, string>>;
  /**
   * The CPU architecture.
   *
   * @default Architecture.ARM_64
   */
  readonly architecture?: Architecture;
  /**
   * Files or folders to put next to the bundle, as paths relative to the package's root.
   *
   * @default - only the bundle
   */
  readonly files?: readonly string[];
  /**
   * Writes additional files into the bundle's folder.
   *
   * @default - nothing
   */
  readonly addFiles?: (outputDir: string) => void;
  /**
   * The function's reserved concurrency.
   *
   * @default - none reserved; only the account's concurrency limits the function
   */
  readonly reservedConcurrentExecutions?: number;
  /**
   * How many times Lambda retries a failed asynchronous invocation, from 0 to 2.
   *
   * @default 2
   */
  readonly retryAttempts?: number;
  /**
   * How long Lambda keeps an asynchronous event and tries to process it, from 1 minute to 6 hours.
   *
   * @default Duration.hours(6)
   */
  readonly maxEventAge?: Duration;
  /**
   * Whether Lambda stops a recursive loop that includes this function.
   *
   * @default RecursiveLoop.TERMINATE
   */
  readonly recursiveLoop?: RecursiveLoop;
}

/** A Lambda function on Node 24: one ES module that logs JSON to its own log group. */
export class ErrandFunction<Source extends FunctionName = FunctionName> extends Function {
  constructor(scope: Construct, id: string, props: ErrandFunctionProps<Source>) {
    const { source, files, addFiles, settings, environment, userEnvironment, ...options } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: settings.logRetentionDays,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // Replaces AWS's managed policy, which allows writing to every log group in the account.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    super(scope, id, {
      architecture: Architecture.ARM_64,
      ...collectorFor(scope, id, props),
      ...options,
      environment: { ...variablesFor(scope, source, settings, environment), ...userEnvironment },
      tracing: settings.tracing === 'active' ? Tracing.ACTIVE : Tracing.DISABLED,
      code: bundle(source, files, addFiles),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role,
    });
    if (settings.tracing === 'active') {
      Validations.of(role).acknowledge({
        id: 'AwsSolutions-IAM5[Resource::*]',
        // https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsx-ray.html
        reason: 'xray:PutTraceSegments and xray:PutTelemetryRecords can only be granted on *.',
      });
    }
  }
}

/** Returns the collector's layer for functions that send spans; undefined for other functions. */
function collectorFor(
  scope: Construct,
  id: string,
  { source, settings, architecture = Architecture.ARM_64 }: ErrandFunctionProps<FunctionName>,
): Pick<FunctionOptions, 'layers'> {
  const arn = settings.otelLayerArn;
  const sendsSpans = 'otelExporterOtlpEndpoint' in environments[source];
  // On a developer's machine, the functions need no layer, because they use a collector on the host.
  if (arn === undefined || !sendsSpans || runsOnHost(scope) || architecture.name !== Architecture.ARM_64.name)
    return {};
  return { layers: [LayerVersion.fromLayerVersionArn(scope, `${id}Collector`, arn)] };
}

/**
 * Returns a function's environment variables: the settings, and the variables that its construct provides.
 *
 * @throws Error if a variable is missing, or is not described in lambdas/environment.ts
 */
function variablesFor(
  scope: Construct,
  source: FunctionName,
  settings: ResolvedSettings,
  given: Readonly<Record<string, unknown>>,
): Record<string, string> {
  const description: Readonly<Record<string, string>> = environments[source];
  const values: Readonly<Record<string, unknown>> = {
    service: serviceOf(scope),
    ...variablesOf(settings),
    ...given,
  };
  const unknown = Object.keys(given).filter((name) => !(name in description));
  // A function treats an empty variable as missing.
  const isSet = (name: string): boolean => values[name] !== undefined && values[name] !== '';
  const missing = Object.keys(description).filter(
    (name) => !isSet(name) && !description[name]?.endsWith('?'),
  );
  if (unknown.length > 0 || missing.length > 0) {
    throw new Error(
      `lambdas/environment.ts and the environment of the "${source}" function differ in: ${[...unknown, ...missing].join(', ')}.`,
    );
  }
  const names = Object.keys(description).filter(isSet);
  const textOf = (value: unknown): string =>
    value instanceof Map ? Stack.of(scope).toJsonString(Object.fromEntries(value)) : String(value);
  return Object.fromEntries(names.map((name) => [variableOf(name), textOf(values[name])]));
}
