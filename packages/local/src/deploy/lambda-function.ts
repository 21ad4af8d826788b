import { isKnownRuntime, KNOWN_RUNTIMES } from '../lambda/runtimes.ts';
import { arn, physicalName } from '../template/names.ts';
import { LOG_LEVELS, type LogLevel } from '../lambda/function-configuration.ts';
import { qualifiedName } from '../lambda/function-reference.ts';
import { codeFolder, layersFolder } from './lambda-code.ts';
import type { Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

/** Lambda's maximum length for function names. */
const MAX_NAME_LENGTH = 64;

/** Lambda's default timeout in seconds, followed by its default memory size in megabytes. */
const DEFAULT_TIMEOUT = 3;
const DEFAULT_MEMORY_SIZE = 128;

/** AWS::Lambda::Function: runs the bundle that `cdk synth` wrote. */
export const lambdaFunction: ResourceType = {
  honours: [
    'Code',
    'Environment',
    'FunctionName',
    'Handler',
    'Layers',
    'LoggingConfig',
    'MemorySize',
    'PackageType',
    'ReservedConcurrentExecutions',
    'Role',
    'Runtime',
    'Timeout',
  ],
  withoutEffect: [
    'Architectures',
    'Description',
    'EphemeralStorage',
    'KmsKeyArn',
    'RecursiveLoop',
    'RuntimeManagementConfig',
    'Tags',
    'TracingConfig',
    'VpcConfig',
  ],

  deploy({ logicalId, properties }, { stack, assets, layers, madeCodeDir, awsEndpointUrl, lambda, iam }) {
    const runtime = properties.text('Runtime');
    if (!isKnownRuntime(runtime))
      properties.refuse('Runtime', `must be a runtime that the embedded Lambda supports: ${KNOWN_RUNTIMES}`);
    const name = properties.optionalText('FunctionName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const reservedConcurrency = properties.optionalNumber('ReservedConcurrentExecutions');
    const logging = properties.object('LoggingConfig');
    const logFormat = logging.optionalText('LogFormat') === 'JSON' ? 'JSON' : 'Text';
    const logLevel = logLevelOf(logging);
    const logGroup = logging.optionalText('LogGroup') ?? `/aws/lambda/${name}`;
    const layersDir = layersFolder(properties, layers, madeCodeDir);
    const roleArn = properties.text('Role');
    if (!iam.mayAssume('lambda.amazonaws.com', roleArn)) {
      properties.refuse('Role', 'must be a role of this stack that lambda.amazonaws.com may assume');
    }
    iam.actAs(name, iam.sessionOf(roleArn, name));
    // Versions keep the role that they were published with.
    for (const { version, configuration } of lambda.versions(name)) {
      const role = configuration.roleArn ?? roleArn;
      iam.actAs(qualifiedName(name, version), iam.sessionOf(role, name));
    }

    lambda.createFunction({
      name,
      codeDir: codeFolder(properties.object('Code'), assets, { runtime, madeCodeDir }),
      ...(layersDir !== undefined && { layersDir }),
      handler: properties.text('Handler'),
      runtime,
      timeoutSeconds: properties.optionalNumber('Timeout') ?? DEFAULT_TIMEOUT,
      memorySize: properties.optionalNumber('MemorySize') ?? DEFAULT_MEMORY_SIZE,
      environment: { ...variablesOf(properties), ...endpointVariables(awsEndpointUrl) },
      logFormat,
      ...(logLevel && { logLevel }),
      logGroup,
      roleArn,
      ...(reservedConcurrency !== undefined && { reservedConcurrency }),
    });
    return { ref: name, attributes: { Arn: arn(stack, 'lambda', `function:${name}`) } };
  },
};

/**
 * Returns the function that a property refers to. The property is a name, an ARN, or an integration URI that contains the ARN. The result is the
 * function's name, followed by `:` and the version or alias if there is one.
 */
export function invokedFunctionOf(nameOrArn: string): string {
  return /:function:([^/]+)/.exec(nameOrArn)?.[1] ?? nameOrArn;
}

/** Returns the function's name without a version or alias. */
export function functionNameOf(nameOrArn: string): string {
  return invokedFunctionOf(nameOrArn).split(':', 1)[0] ?? nameOrArn;
}

function logLevelOf(logging: Properties): LogLevel | undefined {
  const given = logging.optionalText('ApplicationLogLevel');
  const level = LOG_LEVELS.find((each) => each === given);
  if (given !== undefined && !level)
    return logging.refuse('ApplicationLogLevel', `must be one of ${LOG_LEVELS.join(', ')}`);
  return level;
}

function variablesOf(properties: Properties): Record<string, string> {
  const variables = properties.object('Environment').object('Variables');
  return Object.fromEntries(
    Object.keys(variables.values).map((name) => {
      const value = variables.text(name);
      // Dynamic references: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
      if (value.includes('{{resolve:'))
        variables.refuse(
          name,
          "has a dynamic reference, which the embedded cloud does not resolve: pass the function the secret's ARN or the parameter's name",
        );
      return [name, value];
    }),
  );
}

/**
 * Returns environment variables that point the function's SDK clients to the embedded cloud. The embedded cloud refuses calls to services
 * that it does not run.
 */
function endpointVariables(awsEndpointUrl: string): Record<string, string> {
  return { AWS_ENDPOINT_URL: awsEndpointUrl };
}
