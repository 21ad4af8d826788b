import type { HttpRequest } from '@smithy/types';
import type { Attributes } from './span.ts';

/**
 * Returns an AWS call's name and attributes, following https://opentelemetry.io/docs/specs/semconv/cloud-providers/aws-sdk/
 */
export function describeCall(request: HttpRequest): { name: string; attributes: Attributes } {
  const { service, method } = operationOf(request);
  return {
    name: `${service}.${method}`,
    attributes: {
      'rpc.system': 'aws-api',
      'rpc.service': service,
      'rpc.method': method,
      'server.address': request.hostname,
    },
  };
}

/** The services whose requests name the operation in the `X-Amz-Target` header, keyed by the header value's prefix. */
const TARGETS: Readonly<Record<string, string>> = {
  AmazonSQS: 'SQS',
  DynamoDB_20120810: 'DynamoDB',
  secretsmanager: 'SecretsManager',
  AmazonSSM: 'SSM',
};

/** The services whose requests identify the operation by path and method. */
const PATHS: readonly [RegExp, string, Readonly<Record<string, string>>][] = [
  [/^\/Execute$/, 'RDSData', { POST: 'ExecuteStatement' }],
  [/^\/2015-03-31\/functions\//, 'Lambda', { POST: 'Invoke' }],
  [
    /^\/schedules\//,
    'Scheduler',
    { POST: 'CreateSchedule', PUT: 'UpdateSchedule', DELETE: 'DeleteSchedule', GET: 'GetSchedule' },
  ],
];

function operationOf({ headers, method, path }: HttpRequest): { service: string; method: string } {
  const [prefix = '', operation] = (headers['x-amz-target'] ?? '').split('.');
  if (operation !== undefined) return { service: TARGETS[prefix] ?? prefix, method: operation };
  for (const [pattern, service, operations] of PATHS) {
    if (pattern.test(path)) return { service, method: operations[method] ?? method };
  }
  return { service: 'AWS', method };
}
