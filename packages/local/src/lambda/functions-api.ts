import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from '../aws-endpoint/answer.ts';
import { answerApiError, invalidParameter, parseFunctionName } from './api-error.ts';
import { functionArn, type Account, type FunctionConfiguration } from './function-configuration.ts';

/** The functions of an account. */
export interface Functions {
  functions(): readonly FunctionConfiguration[];
  /** @throws UnknownFunctionError */
  configuration(functionName: string): FunctionConfiguration;
}

/**
 * Responds to ListFunctions and GetFunctionConfiguration. The size of the code and the role are left out: the embedded Lambda runs folders,
 * and IAM knows the roles. https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
 */
export function respondWithFunctions(
  functions: Functions,
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume();
  try {
    answerJson(response, 200, bodyFor(functions, account, new URL(request.url ?? '', 'http://lambda')));
  } catch (error) {
    answerApiError(response, error);
  }
}

function bodyFor(functions: Functions, account: Account, { pathname, searchParams }: URL): object {
  const [unknown] = searchParams.keys();
  if (unknown !== undefined) throw invalidParameter(`The embedded Lambda does not know ${unknown} here.`);
  const [, segment] = /^\/2015-03-31\/functions\/([^/]+)\/configuration$/.exec(pathname) ?? [];
  if (segment === undefined)
    return { Functions: functions.functions().map((each) => describe(account, each)) };
  const { name, qualifier = '$LATEST' } = parseFunctionName(segment);
  if (qualifier !== '$LATEST')
    throw invalidParameter(`The embedded Lambda describes $LATEST, not ${qualifier}.`);
  return describe(account, functions.configuration(name));
}

function describe(account: Account, configuration: FunctionConfiguration): object {
  const { name, handler, runtime, timeoutSeconds, memorySize, environment } = configuration;
  const { logFormat = 'Text', logLevel = 'INFO', logGroup = `/aws/lambda/${name}` } = configuration;
  return {
    FunctionName: name,
    FunctionArn: functionArn(account, name),
    Runtime: runtime ?? `nodejs${process.versions.node.split('.')[0] ?? ''}.x`,
    Handler: handler,
    Timeout: timeoutSeconds,
    MemorySize: memorySize,
    Environment: { Variables: environment },
    Version: '$LATEST',
    PackageType: 'Zip',
    State: 'Active',
    LastUpdateStatus: 'Successful',
    LoggingConfig: {
      LogFormat: logFormat,
      LogGroup: logGroup,
      ...(logFormat === 'JSON' && { ApplicationLogLevel: logLevel }),
    },
  };
}
