import * as z from 'zod';
import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { MAX_DIMENSIONS, MAX_DIMENSION_VALUE, UNITS, type Dimensions } from './metric.ts';

// The error codes of the older query protocol, which SDKs show to callers, keyed by the error names of the newer protocols.
const QUERY_CODES = {
  InvalidParameterValueException: 'InvalidParameterValue',
  InvalidParameterCombinationException: 'InvalidParameterCombination',
  MissingRequiredParameterException: 'MissingParameter',
  InvalidNextToken: 'InvalidNextToken',
  InvalidFormatFault: 'InvalidFormat',
  ResourceNotFound: 'ResourceNotFound',
} as const;

/** An error of the CloudWatch API. */
export class CloudWatchError extends JsonError {
  constructor(code: keyof typeof QUERY_CODES, message: string) {
    super(`com.amazonaws.cloudwatch#${code}`, message, {
      status: code === 'ResourceNotFound' ? 404 : 400,
      headers: { 'x-amzn-query-error': `${QUERY_CODES[code]};Sender` },
    });
  }
}

/**
 * Validates an operation's input.
 *
 * @throws CloudWatchError that names the missing, invalid or unknown member
 */
export function readInput<Input>(operation: string, schema: z.ZodType<Input>, input: JsonObject): Input {
  const read = schema.safeParse(input);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  if (!issue) throw new CloudWatchError('InvalidParameterValueException', 'The input is invalid.');
  const path = pathOf(issue.path);
  if (issue.code === 'unrecognized_keys') {
    const owner = path === '' ? operation : `${path} of ${operation}`;
    const message = `The embedded CloudWatch does not support ${issue.keys.join(', ')}, a member of ${owner}: leave it out.`;
    throw new CloudWatchError('InvalidParameterValueException', message);
  }
  if (issue.code === 'invalid_type' && valueAt(input, issue.path) === undefined)
    throw new CloudWatchError('MissingRequiredParameterException', `The parameter ${path} is required.`);
  throw new CloudWatchError(
    'InvalidParameterValueException',
    `The parameter ${path} is invalid: ${issue.message}.`,
  );
}

/** Formats a member's path, such as `MetricData[0].Value`. */
function pathOf(path: readonly PropertyKey[]): string {
  return path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('')
    .replace(/^\./, '');
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, step) => (value as Record<PropertyKey, unknown> | undefined)?.[step],
    input,
  );
}

const dimension = z.strictObject({
  Name: z.string().min(1).max(255),
  Value: z.string().min(1).max(MAX_DIMENSION_VALUE),
});

/** A metric's dimensions. */
export const dimensions = z
  .array(dimension)
  .max(MAX_DIMENSIONS)
  .transform((list): Dimensions => Object.fromEntries(list.map(({ Name, Value }) => [Name, Value])));

export const namespace = z.string().min(1).max(255);
export const metricName = z.string().min(1).max(255);
export const unit = z.enum(UNITS);

/** A time in a request, converted from seconds to milliseconds since the epoch. */
export const time = z.number().transform((seconds) => seconds * 1000);

export const stateValue = z.enum(['OK', 'ALARM', 'INSUFFICIENT_DATA']);

/** The request members of a paginated operation. */
export const pageMembers = { NextToken: z.string().optional() };

/** Returns one page of a list. The token encodes the start of the next page. */
export function pageOf<Item>(
  items: readonly Item[],
  { NextToken: token }: { NextToken?: string | undefined },
  size: number,
): { page: readonly Item[]; more: { NextToken?: string } } {
  if (token !== undefined && !/^\d+$/.test(token))
    throw new CloudWatchError(
      'InvalidNextToken',
      'The NextToken is invalid: use one from a previous response.',
    );
  const start = Number(token ?? 0);
  const end = start + size;
  return { page: items.slice(start, end), more: end < items.length ? { NextToken: String(end) } : {} };
}
