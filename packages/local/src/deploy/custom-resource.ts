import { randomUUID } from 'node:crypto';
import type { Lambda } from '../lambda/lambda.ts';
import { stackId } from '../template/names.ts';
import type { Resolved } from '../template/scope.ts';
import type { Cloud } from './cloud.ts';
import { invokedFunctionOf } from './lambda-function.ts';
import { DeployError } from './properties.ts';
import type { DeployedResource, Resource } from './resource-type.ts';
import { openResponseEndpoint } from './response-endpoint.ts';

/** CloudFormation's default and maximum for `ServiceTimeout`, in seconds. */
const DEFAULT_SERVICE_TIMEOUT = 3600;

interface ProviderResponse {
  Status?: string;
  Reason?: string;
  PhysicalResourceId?: string;
  Data?: Record<string, string>;
}

/**
 * Custom::* and AWS::CloudFormation::CustomResource: invokes the service token's function with CloudFormation's request, and receives the
 * response that the function PUTs. The first startup sends `Create`, and every later startup sends `Update`. CloudFormation would send
 * `Update` only after a change. Here, every startup sends a request, so that the provider runs again after you fix it, or after you delete
 * the database. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
 * @throws DeployError with the reason, if the provider failed or did not respond in time
 */
export async function deployCustomResource(resource: Resource, cloud: Cloud): Promise<DeployedResource> {
  const { logicalId, type, properties } = resource;
  const before = cloud.customResources.get(logicalId);
  const resourceProperties = asTexts(properties.values) as Record<string, Resolved>;
  const endpoint = await openResponseEndpoint();
  const request = {
    RequestType: before ? 'Update' : 'Create',
    ServiceToken: properties.text('ServiceToken'),
    ResponseURL: endpoint.url,
    StackId: stackId(cloud.stack),
    RequestId: randomUUID(),
    ResourceType: type,
    LogicalResourceId: logicalId,
    ...(before && { PhysicalResourceId: before.physicalResourceId }),
    ResourceProperties: resourceProperties,
    ...(before && { OldResourceProperties: before.properties }),
  };

  const fail = (reason: string): never => {
    throw new DeployError(`${logicalId} (${type}) failed: ${reason.replaceAll(/\s+/g, ' ')}`);
  };
  const functionName = invokedFunctionOf(properties.text('ServiceToken'));
  const serviceTimeout = properties.optionalNumber('ServiceTimeout') ?? DEFAULT_SERVICE_TIMEOUT;
  const timeout = new AbortController();
  try {
    const answer = await Promise.race([
      endpoint.answered,
      invocationEnd(cloud.lambda, functionName, JSON.stringify(request)).then(fail),
      elapsed(serviceTimeout, timeout.signal).then(() =>
        fail(`no response within ${serviceTimeout} s (ServiceTimeout)`),
      ),
    ]);
    const response = parse(answer) ?? fail(`its response is not JSON: ${answer}`);
    if (response.Status !== 'SUCCESS') fail(response.Reason ?? `it responded ${answer}`);
    const physicalResourceId = response.PhysicalResourceId ?? fail('its response has no PhysicalResourceId');
    await cloud.customResources.set(logicalId, { physicalResourceId, properties: resourceProperties });
    return { ref: physicalResourceId, attributes: response.Data ?? {} };
  } finally {
    timeout.abort();
    await endpoint.end();
  }
}

/**
 * Resolves with an error message if the function ends without sending its response. CloudFormation would wait for the service timeout, but here the
 * failure is known immediately.
 */
async function invocationEnd(lambda: Lambda, functionName: string, request: string): Promise<string> {
  const result = await lambda.invoke(functionName, request);
  if (result.throttled) return `${functionName} has no concurrency left (${result.reason})`;
  if (result.functionError !== undefined) {
    const { errorMessage } = (parse(result.payload.toString()) ?? {}) as { errorMessage?: string };
    return `${functionName} threw: ${errorMessage ?? result.payload.toString()}`;
  }
  // Waits a moment, because the function may end before this process has read the function's response.
  await new Promise((wake) => setTimeout(wake, 1_000));
  return `${functionName} ended without sending a response to its ResponseURL`;
}

async function elapsed(seconds: number, signal: AbortSignal): Promise<void> {
  await new Promise((wake) => {
    const timer = setTimeout(wake, seconds * 1000);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
    });
  });
}

/** Converts scalars to strings, because CloudFormation passes every scalar to a custom resource as a string. */
function asTexts(value: Resolved): Resolved {
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, asTexts(item)]));
  }
  return String(value);
}

function parse(text: string): ProviderResponse | undefined {
  try {
    return JSON.parse(text) as ProviderResponse;
  } catch {
    return undefined;
  }
}
