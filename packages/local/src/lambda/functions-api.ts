import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from '../aws-endpoint/answer.ts';
import { targetOf } from '../aws-endpoint/request-target.ts';
import { answerApiError, invalidParameter, requestedFunction } from './api-error.ts';
import { functionArn, type Account, type FunctionConfiguration } from './function-configuration.ts';
import { LATEST, qualifiedName, type FunctionReference } from './function-reference.ts';
import type { PublishedVersion } from './versions.ts';

/** An account's functions and their versions. */
export interface Functions {
  functions(): readonly FunctionConfiguration[];
  /** @param functionName with or without `:` and a qualifier @throws UnknownFunctionError */
  configuration(functionName: string): FunctionConfiguration;
  versions(functionName: string): readonly PublishedVersion[];
  /** Deletes a version. Does nothing if the version does not exist. @throws UnknownFunctionError; VersionInUseError */
  deleteVersion(functionName: string, version: string): void;
}

/**
 * The maximum number of versions on a page, regardless of MaxItems
 * (https://docs.aws.amazon.com/lambda/latest/api/API_ListVersionsByFunction.html).
 */
const MAX_PAGE = 50;

/**
 * Responds to ListFunctions, GetFunctionConfiguration, ListVersionsByFunction, and DeleteFunction with a version. The responses omit the
 * code size, because the embedded Lambda runs code from folders.
 * https://docs.aws.amazon.com/lambda/latest/api/API_FunctionConfiguration.html
 */
export function respondWithFunctions(
  functions: Functions,
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  request.resume();
  try {
    const { path, query: searchParams } = targetOf(request);
    const [, segment, part] = /^\/2015-03-31\/functions\/([^/]+)(\/\w+)?$/.exec(path) ?? [];
    if (segment === undefined) {
      requireKnown(searchParams, []);
      const described = functions.functions().map((each) => describe(account, each));
      answerJson(response, 200, { Functions: described });
    } else if (request.method === 'DELETE') {
      requireKnown(searchParams, ['Qualifier']);
      deleteVersion(functions, requestedFunction(segment, searchParams));
      response.writeHead(204).end();
    } else if (part === '/versions') {
      requireKnown(searchParams, ['Marker', 'MaxItems']);
      const { name } = requestedFunction(segment, searchParams);
      answerJson(response, 200, page(versionsOf(functions, account, name), searchParams));
    } else {
      requireKnown(searchParams, ['Qualifier']);
      const { name, qualifier } = requestedFunction(segment, searchParams);
      const configuration = functions.configuration(qualifiedName(name, qualifier));
      answerJson(response, 200, describe(account, configuration, qualifier));
    }
  } catch (error) {
    answerApiError(response, error);
  }
}

function requireKnown(searchParams: URLSearchParams, known: readonly string[]): void {
  const unknown = [...searchParams.keys()].find((parameter) => !known.includes(parameter));
  if (unknown !== undefined) throw invalidParameter(`The embedded Lambda does not support ${unknown} here.`);
}

/**
 * Deletes a version. As in AWS, only aliases protect a version: a version that an event source mapping invokes can be deleted,
 * and the mapping then fails. https://docs.aws.amazon.com/lambda/latest/api/API_DeleteFunction.html
 */
function deleteVersion(functions: Functions, { name, qualifier }: FunctionReference): void {
  if (qualifier === undefined) {
    throw invalidParameter(
      `The embedded Lambda deletes only versions, not functions: specify a Qualifier, or remove ${name} from the stack.`,
    );
  }
  if (qualifier === LATEST)
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
  if (!/^\d+$/.test(qualifier)) throw invalidParameter('Deletion of aliases is not currently supported.');
  functions.deleteVersion(name, qualifier);
}

/** Returns the function's versions, starting with `$LATEST`, as in AWS. */
function versionsOf(functions: Functions, account: Account, name: string): object[] {
  const latest = functions.configuration(name);
  return [
    describe(account, latest, LATEST),
    ...functions.versions(name).map(({ configuration, codeDigest, publishedAt, version }) => ({
      ...describe(account, configuration, version),
      CodeSha256: Buffer.from(codeDigest, 'hex').toString('base64'),
      LastModified: publishedAt.replace('Z', '+0000'),
    })),
  ];
}

/** Returns a page of versions. The marker is the number of versions before the page. */
function page(versions: readonly object[], searchParams: URLSearchParams): object {
  const limit = wholeNumber(searchParams, 'MaxItems', MAX_PAGE);
  if (limit < 1 || limit > 10_000) throw invalidParameter(`MaxItems must be 1 to 10000, got ${limit}`);
  const start = wholeNumber(searchParams, 'Marker', 0);
  const end = start + Math.min(limit, MAX_PAGE);
  return {
    Versions: versions.slice(start, end),
    ...(end < versions.length && { NextMarker: String(end) }),
  };
}

function wholeNumber(searchParams: URLSearchParams, parameter: string, otherwise: number): number {
  const text = searchParams.get(parameter) ?? String(otherwise);
  if (!/^\d{1,9}$/.test(text)) throw invalidParameter(`${parameter} must be a whole number, got ${text}`);
  return Number(text);
}

/** @param qualifier the qualifier in the request, which is also the end of the ARN */
function describe(account: Account, configuration: FunctionConfiguration, qualifier?: string): object {
  const { name, version, handler, runtime, timeoutSeconds, memorySize, environment, roleArn } = configuration;
  const { logFormat = 'Text', logLevel = 'INFO', logGroup = `/aws/lambda/${name}` } = configuration;
  return {
    FunctionName: name,
    FunctionArn: functionArn(account, qualifiedName(name, qualifier)),
    Runtime: runtime ?? `nodejs${process.versions.node.split('.')[0] ?? ''}.x`,
    ...(roleArn !== undefined && { Role: roleArn }),
    Handler: handler,
    Timeout: timeoutSeconds,
    MemorySize: memorySize,
    Environment: { Variables: environment },
    Version: version ?? LATEST,
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
