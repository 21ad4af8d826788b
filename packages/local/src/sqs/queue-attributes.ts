import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';
import type { Queue, QueueAttributes } from './queue-store.ts';

// SQS's defaults. The maximum message size has been 1 MiB since August 2025; before, it was 256 KiB.
const DEFAULTS = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
} as const;

// The limits of the numeric attributes, in seconds, or in bytes for MaximumMessageSize.
const LIMITS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  VisibilityTimeout: [0, 43_200],
  DelaySeconds: [0, 900],
  MaximumMessageSize: [1024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
  ReceiveMessageWaitTimeSeconds: [0, 20],
};
// Attributes that can be read but not set. The last four belong to FIFO queues, which this emulator does not support.
const READ_ONLY = [
  ...['All', 'QueueArn', 'CreatedTimestamp', 'LastModifiedTimestamp', 'ApproximateNumberOfMessages'],
  ...['ApproximateNumberOfMessagesDelayed', 'ApproximateNumberOfMessagesNotVisible'],
  ...['ContentBasedDeduplication', 'DeduplicationScope', 'FifoQueue', 'FifoThroughputLimit'],
];

const MAX_RECEIVE_COUNT_LIMIT = 1000;

// Attributes that are stored and returned, but have no effect, because the embedded SQS has neither encryption nor other accounts.
const WITHOUT_EFFECT = new Set([
  'SqsManagedSseEnabled',
  'KmsMasterKeyId',
  'KmsDataKeyReusePeriodSeconds',
  'Policy',
  'RedriveAllowPolicy',
]);

/** A queue's redrive policy: its dead-letter queue, and the number of receives after which a message is moved there. */
export interface RedrivePolicy {
  readonly deadLetterTargetArn: string;
  readonly maxReceiveCount: number;
}

/** Returns a queue's numeric attribute, or the attribute's default. */
export function numberAttribute(queue: Queue, name: keyof typeof DEFAULTS): number {
  return Number(queue.attributes[name] ?? DEFAULTS[name]);
}

export function redrivePolicy(queue: Queue): RedrivePolicy | undefined {
  const policy = queue.attributes.RedrivePolicy;
  return policy === undefined ? undefined : (JSON.parse(policy) as RedrivePolicy);
}

/** Returns all attributes that are set or have a default. */
export function attributesWithDefaults(queue: Queue): QueueAttributes {
  return { ...DEFAULTS, ...queue.attributes };
}

/** @throws SqsError `InvalidAttributeName` for names that are not queue attributes */
export function requireAttributeNames(names: readonly string[]): void {
  const known = [...Object.keys(LIMITS), ...WITHOUT_EFFECT, 'RedrivePolicy', ...READ_ONLY];
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
}

/**
 * Validates attributes for CreateQueue and SetQueueAttributes. An empty string unsets an attribute.
 * @param exists returns whether a queue with this ARN exists, because a redrive policy requires an existing queue
 * @returns the attributes to set, and the names of the attributes to unset
 */
export function readQueueAttributes(
  attributes: JsonObject,
  exists: (arn: string) => boolean,
): { set: QueueAttributes; unset: string[] } {
  const set: Record<string, string> = {};
  const unset: string[] = [];
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    const limits = Object.hasOwn(LIMITS, name) ? LIMITS[name] : undefined;
    if (name === 'FifoQueue' || name === 'ContentBasedDeduplication') {
      throw new SqsError(
        'UnsupportedOperation',
        `The embedded SQS supports only standard queues: leave out ${name}.`,
      );
    }
    if (text === '') unset.push(name);
    else if (limits) set[name] = checkedNumber(name, text, limits);
    else if (name === 'RedrivePolicy') set[name] = checkedRedrivePolicy(text, exists);
    else if (WITHOUT_EFFECT.has(name)) set[name] = text;
    else throw new SqsError('InvalidAttributeName', `Unknown Attribute ${name}.`);
  }
  return { set, unset };
}

function checkedNumber(name: string, text: string, [min, max]: readonly [number, number]): string {
  const value = Number(text);
  if (Number.isInteger(value) && value >= min && value <= max) return String(value);
  throw new SqsError(
    'InvalidAttributeValue',
    `Invalid value for the parameter ${name}. Reason: Must be an integer from ${min} to ${max}, not ${text}.`,
  );
}

function checkedRedrivePolicy(text: string, exists: (arn: string) => boolean): string {
  const { deadLetterTargetArn, maxReceiveCount } = parsedPolicy(text);
  const count = Number(maxReceiveCount);
  if (typeof deadLetterTargetArn !== 'string' || maxReceiveCount === undefined) {
    throw redriveError(
      text,
      'Redrive policy does not contain mandatory attribute: deadLetterTargetArn or maxReceiveCount.',
    );
  }
  if (!Number.isInteger(count) || count < 1 || count > MAX_RECEIVE_COUNT_LIMIT) {
    throw redriveError(
      text,
      `Invalid value for maxReceiveCount: ${JSON.stringify(maxReceiveCount)}, valid values are from 1 to 1000.`,
    );
  }
  if (!exists(deadLetterTargetArn)) throw redriveError(text, 'Dead letter target does not exist.');
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: count });
}

function parsedPolicy(text: string): JsonObject {
  try {
    const policy: unknown = JSON.parse(text);
    if (typeof policy === 'object' && policy !== null) return policy as JsonObject;
  } catch {
    // Invalid JSON is handled below.
  }
  throw redriveError(text, 'Redrive policy is not a valid JSON map.');
}

function redriveError(text: string, reason: string): SqsError {
  return invalidParameter('RedrivePolicy', text, reason);
}
