import { createHash, randomUUID } from 'node:crypto';
import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';
import { optionalInteger, optionalObject, requiredText } from './input.ts';
import {
  md5OfAttributes,
  readMessageAttributes,
  selectAttributes,
  sizeOfAttributes,
  type MessageAttributes,
} from './message-attributes.ts';
import type { DeliveredMessage } from './message-store.ts';
import type { NewMessage } from './stored-message.ts';
import { numberAttribute } from './queue-attributes.ts';
import type { Queue } from './queue-store.ts';

// What XML 1.0 allows, which SQS still keeps to: no other control characters, no lone surrogates.
// eslint-disable-next-line no-control-regex
const FORBIDDEN_CHARACTERS = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;
// Printable ASCII without the space.
const MESSAGE_GROUP_ID = /^[!-~]{1,128}$/;

/** Reads what SendMessage, or an entry of its batch, sends to a queue. */
export function readMessage(input: JsonObject, queue: Queue, caller: string, now: number): NewMessage {
  const body = requiredText(input, 'MessageBody');
  if (FORBIDDEN_CHARACTERS.test(body)) {
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
    systemAttributes: JSON.stringify(readSystemAttributes(input, caller)),
    sentAt: now,
    visibleAt: now + delaySeconds * 1000,
  };
}

/** What an entry of a batch counts against the limit of the batch: its body and its attributes, in bytes. */
export function sizeOfEntry(input: JsonObject): number {
  try {
    const attributes = readMessageAttributes(optionalObject(input, 'MessageAttributes'));
    return sizeOf(requiredText(input, 'MessageBody'), attributes);
  } catch {
    return 0; // It is refused on its own, when it is read to be sent.
  }
}

function sizeOf(body: string, attributes: MessageAttributes): number {
  return Buffer.byteLength(body) + sizeOfAttributes(attributes);
}

function readSystemAttributes(input: JsonObject, caller: string): Record<string, string> {
  const group = input.MessageGroupId;
  if (group !== undefined && (typeof group !== 'string' || !MESSAGE_GROUP_ID.test(group))) {
    throw invalidParameter(
      'MessageGroupId',
      group,
      'MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.',
    );
  }
  const sent = optionalObject(input, 'MessageSystemAttributes') as MessageAttributes;
  const trace = sent.AWSTraceHeader?.StringValue;
  return {
    SenderId: caller,
    ...(group !== undefined && { MessageGroupId: group }),
    ...(trace !== undefined && { AWSTraceHeader: trace }),
  };
}

/** What SendMessage answers. */
export function sentMessage({ messageId, bodyMd5, attributesMd5 }: NewMessage): JsonObject {
  return {
    MessageId: messageId,
    MD5OfMessageBody: bodyMd5,
    ...(attributesMd5 !== null && { MD5OfMessageAttributes: attributesMd5 }),
  };
}

/** Which attributes a receiver asks for. */
export interface AttributeNames {
  readonly system: readonly string[];
  readonly message: readonly string[];
}

/** A message as ReceiveMessage answers it. */
export function receivedMessage(message: DeliveredMessage, names: AttributeNames): JsonObject {
  const attributes = JSON.parse(message.attributes ?? '{}') as MessageAttributes;
  const selected = selectAttributes(attributes, names.message);
  const system = systemAttributes(message, names.system);
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

function systemAttributes(message: DeliveredMessage, names: readonly string[]): Record<string, string> {
  if (names.length === 0) return {};
  const all: Record<string, string> = {
    ...(JSON.parse(message.systemAttributes) as Record<string, string>),
    SentTimestamp: String(message.sentAt),
    ApproximateReceiveCount: String(message.receiveCount),
    ApproximateFirstReceiveTimestamp: String(message.firstReceivedAt),
  };
  if (names.includes('All')) return all;
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes(name)));
}
