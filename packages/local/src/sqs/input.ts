import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';
import { invalidParameter, SqsError } from './errors.ts';

/** Reads a required string. */
export function requiredText(input: JsonObject, name: string): string {
  const value = input[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new SqsError('MissingRequiredParameterException', `The request must contain the parameter ${name}.`);
}

// Matches characters that XML 1.0 does not allow, such as most control characters and unpaired surrogates. SQS refuses such characters.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
// eslint-disable-next-line no-control-regex
const FORBIDDEN_CHARACTERS = /[^\u0009\u000A\u000D\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u;

/** Whether a string contains characters that are not allowed in messages. */
export function hasForbiddenCharacter(text: string): boolean {
  return FORBIDDEN_CHARACTERS.test(text);
}

/** Reads an optional integer and checks its limits. */
export function optionalInteger(
  input: JsonObject,
  name: string,
  { min, max, reason }: { min: number; max: number; reason: string },
): number | undefined {
  const value = input[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  throw invalidParameter(name, value, reason);
}

/** Reads a list of names, such as the requested attributes. */
export function names(input: JsonObject, name: string): string[] {
  const value = input[name] ?? [];
  if (Array.isArray(value)) return value.map(String);
  throw invalidParameter(name, value, 'It must be a list.');
}

/** Reads an optional member that must be an object; an absent member counts as an empty object. */
export function optionalObject(input: JsonObject, name: string): JsonObject {
  const value = input[name] ?? {};
  if (typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw invalidParameter(name, value, 'It must be an object.');
}

const MAX_BATCH_ENTRIES = 10;
const ENTRY_ID = /^[A-Za-z0-9_-]{1,80}$/;

/** Reads a batch's entries: one to ten, each with a unique ID. */
export function batchEntries(input: JsonObject): (JsonObject & { readonly Id: string })[] {
  const given: unknown = input.Entries ?? [];
  if (!isListOfObjects(given)) {
    const message = 'Entries must be a list of objects.';
    throw new JsonError('com.amazon.coral.service#SerializationException', message);
  }
  const entries = given as (JsonObject & { readonly Id: string })[];
  if (entries.length === 0) {
    throw new SqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > MAX_BATCH_ENTRIES) {
    throw new SqsError(
      'TooManyEntriesInBatchRequest',
      `Maximum number of entries per request are ${MAX_BATCH_ENTRIES}. You have sent ${entries.length}.`,
    );
  }
  const seen = new Set<string>();
  for (const { Id } of entries) {
    if (typeof Id !== 'string' || !ENTRY_ID.test(Id)) {
      throw new SqsError(
        'InvalidBatchEntryId',
        'A batch entry id can only contain alphanumeric characters, hyphens and underscores. ' +
          'It can be at most 80 letters long.',
      );
    }
    if (seen.has(Id)) throw new SqsError('BatchEntryIdsNotDistinct', `Id ${Id} repeated.`);
    seen.add(Id);
  }
  return entries;
}

function isListOfObjects(value: unknown): value is object[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'object' && each !== null);
}
