import { createHash, randomUUID } from 'node:crypto';
import type { JsonCall, JsonObject } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';
import { hasForbiddenCharacter, names, optionalInteger, optionalObject, requiredText } from './input.ts';
import { readMessageAttributes } from './message-attribute-rules.ts';
import {
  md5OfAttributes,
  selectAttributes,
  sizeOfAttributes,
  type MessageAttributes,
} from './message-attributes.ts';
import type { DeliveredMessage } from './message-store.ts';
import type { NewMessage } from './stored-message.ts';
import { numberAttribute } from './queue-attributes.ts';
import type { Queue } from './queue-store.ts';

// Matches 1 to 128 printable ASCII characters, without spaces.
const MESSAGE_GROUP_ID = /^[!-~]{1,128}$/;

/** Reads the message in a SendMessage request, or in a batch entry. */
export function readMessage(input: JsonObject, queue: Queue, call: JsonCall, now: number): NewMessage {
  const body = requiredText(input, 'MessageBody');
  if (hasForbiddenCharacter(body)) {
    throw new SqsError(
      'InvalidMessageContents',
      'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | ' +
        '#xE000 to #xFFFD | #x10000 to #x10FFFF.',
    );
  }
  const attributes = readMessageAttributes(optionalObject(input, 'MessageAttributes'));
  const maxSize = numberAttribute(queue, 'MaximumMessageSize');
  if (sizeOf(body, attributes) > maxSize) {
    throw new SqsError(
      'InvalidParameterValueException',
      `One or more parameters are invalid. Reason: Message must be shorter than ${maxSize} bytes.`,
    );
  }
  const delaySeconds =
    optionalInteger(input, 'DelaySeconds', {
      min: 0,
      max: 900,
      reason: 'DelaySeconds must be >= 0 and <= 900.',
    }) ?? numberAttribute(queue, 'DelaySeconds');
  return {
    messageId: randomUUID(),
    body,
    bodyMd5: createHash('md5').update(body).digest('hex'),
    attributes: Object.keys(attributes).length > 0 ? JSON.stringify(attributes) : null,
    attributesMd5: md5OfAttributes(attributes) ?? null,
    systemAttributes: JSON.stringify(readSystemAttributes(input, call)),
    sentAt: now,
    visibleAt: now + delaySeconds * 1000,
  };
}

/** Returns an entry's size in bytes, as counted toward the batch's size limit. The size includes the body and the attributes. */
export function sizeOfEntry(input: JsonObject): number {
  try {
    const attributes = readMessageAttributes(optionalObject(input, 'MessageAttributes'));
    return sizeOf(requiredText(input, 'MessageBody'), attributes);
  } catch {
    return 0; // This invalid entry is refused separately when it is read for sending.
  }
}

function sizeOf(body: string, attributes: MessageAttributes): number {
  return Buffer.byteLength(body) + sizeOfAttributes(attributes);
}

function readSystemAttributes(input: JsonObject, { caller, traceHeader }: JsonCall): Record<string, string> {
  const group = input.MessageGroupId;
  if (group !== undefined && (typeof group !== 'string' || !MESSAGE_GROUP_ID.test(group))) {
    throw invalidParameter(
      'MessageGroupId',
      group,
      'MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    );
  }
  const trace = sentSystemAttributes(input).AWSTraceHeader?.StringValue ?? traceHeader;
  return {
    SenderId: caller,
    ...(group !== undefined && { MessageGroupId: group }),
    ...(trace !== undefined && { AWSTraceHeader: trace }),
  };
}

/**
 * Reads the system attributes that a sender can set. The only settable attribute is the trace header, which does not count toward the message's size.
 */
function sentSystemAttributes(input: JsonObject): MessageAttributes {
  const sent = optionalObject(input, 'MessageSystemAttributes') as MessageAttributes;
  for (const [name, { DataType }] of Object.entries(readMessageAttributes(sent))) {
    if (name !== 'AWSTraceHeader') {
      throw invalidParameter('MessageSystemAttributes', name, 'The only system attribute is AWSTraceHeader.');
    }
    if (DataType !== 'String') {
      throw invalidParameter('AWSTraceHeader.DataType', DataType, 'Must be String.');
    }
  }
  return sent;
}

/** Returns the response to a SendMessage request or batch entry. */
export function sentMessage(
  { messageId, bodyMd5, attributesMd5 }: NewMessage,
  input: JsonObject,
): JsonObject {
  const systemAttributesMd5 = md5OfAttributes(sentSystemAttributes(input));
  return {
    MessageId: messageId,
    MD5OfMessageBody: bodyMd5,
    ...(attributesMd5 !== null && { MD5OfMessageAttributes: attributesMd5 }),
    ...(systemAttributesMd5 !== undefined && { MD5OfMessageSystemAttributes: systemAttributesMd5 }),
  };
}

const SYSTEM_ATTRIBUTES = [
  ...['All', 'ApproximateFirstReceiveTimestamp', 'ApproximateReceiveCount', 'AWSTraceHeader'],
  ...['DeadLetterQueueSourceArn', 'MessageDeduplicationId', 'MessageGroupId', 'SenderId', 'SentTimestamp'],
  'SequenceNumber',
];

/** Returns the system attributes that a ReceiveMessage call requests, in `MessageSystemAttributeNames` or the older `AttributeNames`. */
export function systemAttributeNames(input: JsonObject): string[] {
  const asked = [...names(input, 'AttributeNames'), ...names(input, 'MessageSystemAttributeNames')];
  const unknown = asked.find((name) => !SYSTEM_ATTRIBUTES.includes(name));
  if (unknown !== undefined) throw new SqsError('InvalidAttributeName', `Unknown Attribute ${unknown}.`);
  return asked;
}

/** The attributes that a receiver requests. */
export interface AttributeNames {
  readonly system: readonly string[];
  readonly message: readonly string[];
}

/** Converts a message to the format of ReceiveMessage's response. */
export function receivedMessage(message: DeliveredMessage, asked: AttributeNames): JsonObject {
  const attributes = JSON.parse(message.attributes ?? '{}') as MessageAttributes;
  const selected = selectAttributes(attributes, asked.message);
  const system = systemAttributes(message, asked.system);
  return {
    MessageId: message.messageId,
    ReceiptHandle: message.receiptHandle,
    MD5OfBody: message.bodyMd5,
    Body: message.body,
    ...(Object.keys(system).length > 0 && { Attributes: system }),
    ...(Object.keys(selected).length > 0 && {
      MessageAttributes: selected,
      MD5OfMessageAttributes: md5OfAttributes(selected),
    }),
  };
}

function systemAttributes(message: DeliveredMessage, asked: readonly string[]): Record<string, string> {
  if (asked.length === 0) return {};
  const all: Record<string, string> = {
    ...(JSON.parse(message.systemAttributes) as Record<string, string>),
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  if (asked.includes('All')) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => asked.includes(name)));
}
