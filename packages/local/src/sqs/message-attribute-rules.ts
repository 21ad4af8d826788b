import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import { SqsError } from './errors.ts';
import { hasForbiddenCharacter } from './input.ts';
import type { MessageAttribute, MessageAttributes } from './message-attributes.ts';

// Limits from https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
const MAX_ATTRIBUTES = 10;
const MAX_LENGTH = 256;
// AWS also accepts accented Latin letters, although its documentation does not mention them.
const NAME = /^[A-Za-z0-9_\-.\u00C0-\u017F]+$/;
const RESERVED_NAME = /^(aws|amazon)\./i;
const DATA_TYPE = /^(String|Number|Binary)(\.[A-Za-z0-9_\-.]+)?$/;
const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;
/** The supported members. The list members, such as `StringListValues`, are omitted, because AWS does not implement them yet. */
const MEMBERS = ['DataType', 'StringValue', 'BinaryValue'];

/**
 * Validates message attributes as sent.
 * @throws SqsError that names the attribute
 */
export function readMessageAttributes(attributes: JsonObject): MessageAttributes {
  const entries = Object.entries(attributes);
  if (entries.length > MAX_ATTRIBUTES) {
    throw invalid(
      `Number of message attributes [${entries.length}] exceeds the allowed maximum [${MAX_ATTRIBUTES}].`,
    );
  }
  for (const [name, attribute] of entries) {
    checkName(name);
    checkAttribute(name, checkedTypes(name, attribute));
  }
  return attributes as MessageAttributes;
}

function checkName(name: string): void {
  if (name.length > MAX_LENGTH) {
    throw invalid(`Message (user) attribute names must be shorter than ${MAX_LENGTH} Bytes`);
  }
  if (!NAME.test(name)) {
    throw invalid(
      `Message (user) attribute name '${name}' can only contain letters, digits, periods, hyphens and underscores.`,
    );
  }
  if (RESERVED_NAME.test(name)) {
    throw invalid(`Message (user) attribute name '${name}' cannot start with 'AWS.' or 'Amazon.'.`);
  }
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..')) {
    throw invalid(
      `Message (user) attribute name '${name}' cannot start or end with a period, or have periods in succession.`,
    );
  }
}

/** @throws SqsError if the attribute is not an object, or a member is not a string */
function checkedTypes(name: string, attribute: unknown): MessageAttribute {
  const members: object = typeof attribute === 'object' && attribute !== null ? attribute : {};
  const wrong = Object.entries(members).find(
    ([member, value]) => MEMBERS.includes(member) && typeof value !== 'string',
  );
  if (wrong) throw invalid(`${wrong[0]} of the message attribute '${name}' must be a string.`);
  return members as MessageAttribute;
}

function checkAttribute(name: string, attribute: MessageAttribute): void {
  const { DataType, StringValue, BinaryValue } = attribute;
  const unknown = Object.entries(attribute).find(
    ([member, value]) => !MEMBERS.includes(member) && !(Array.isArray(value) && value.length === 0),
  );
  if (unknown) {
    throw new SqsError(
      'UnsupportedOperation',
      `The embedded SQS does not support ${unknown[0]}, a member of the message attribute '${name}': leave it out.`,
    );
  }
  const type = DATA_TYPE.exec(DataType)?.[1];
  if (!type || DataType.length > MAX_LENGTH) {
    throw invalid(`The message attribute '${name}' has an invalid message attribute type.`);
  }
  if (!(type === 'Binary' ? BinaryValue : StringValue)) {
    throw invalid(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
  }
  if (type === 'String' && hasForbiddenCharacter(StringValue ?? '')) {
    throw invalid(`Message (user) attribute '${name}' contains invalid characters.`);
  }
  if (type === 'Number' && !NUMBER.test(StringValue ?? '')) {
    throw invalid(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
}

function invalid(message: string): SqsError {
  return new SqsError('InvalidParameterValueException', message);
}
