import { textOf } from './error-text.ts';
import type { Attempt } from './job.ts';
import { errorsAsText, type Log } from './log.ts';
import { storableText } from './storable.ts';

/** A line in a handler's log, as stored. */
export type LogLine = Attempt['log'][number];

/** A line as the handler logged it. */
export interface RawLine {
  readonly time: Date;
  readonly level: keyof Log;
  readonly message: unknown;
  readonly fields: object;
}

/** The maximum length of a line's message, in characters. */
const MAX_MESSAGE = 1_000;
/** The maximum size of a single field's value, and of all fields together, in bytes of JSON. */
const MAX_VALUE_BYTES = 500;
const MAX_FIELDS_BYTES = 2_000;

/**
 * Converts a line for storage. Removes characters that Postgres can't store, and truncates long values with an ellipsis. The
 * line's JSON is at most 6 KB.
 */
export function storableLine({ time, level, message, fields }: RawLine): LogLine {
  const text = textOf(message);
  const isTooLong = text.length > MAX_MESSAGE;
  return {
    time: time.toISOString(),
    level,
    message: isTooLong ? `${copyOf(storableText(text, MAX_MESSAGE))}…` : storableText(text, MAX_MESSAGE),
    fields: storableFields(fields),
  };
}

/**
 * Copies a string. Without the copy, a short prefix could keep a much longer string in memory, because the JavaScript engine
 * may store the prefix as a reference to that string.
 */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** Returns the fields that fit into the size limit, in their original order. */
function storableFields(fields: object): LogLine['fields'] {
  let storable: LogLine['fields'] = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const more = { ...storable, [storableText(name, 100)]: storableValue(value) };
    if (jsonBytes(more) > MAX_FIELDS_BYTES) break;
    storable = more;
  }
  return storable;
}

/** Converts a field's value to JSON. A value that is too large becomes a truncated string. */
function storableValue(value: unknown): LogLine['fields'][string] {
  if (typeof value === 'string') return cut(value, MAX_VALUE_BYTES);
  try {
    const json = JSON.stringify(value, errorsAsText) as string | undefined;
    if (json === undefined) return typeof value;
    if (Buffer.byteLength(json) > MAX_VALUE_BYTES) return cut(json, MAX_VALUE_BYTES);
    return JSON.parse(json.replaceAll(UNSTORABLE_ESCAPE, '$1�')) as LogLine['fields'][string];
  } catch {
    // The value is a circular structure or a BigInt, or its `toJSON` throws.
    return `[${typeof value}]`;
  }
}

/**
 * Matches JSON's `\uXXXX` escapes for control characters and lone surrogates, but not an escaped backslash followed by
 * `uXXXX`.
 */
const UNSTORABLE_ESCAPE = /(?<!\\)((?:\\\\)*)\\u(?:00[01][0-9a-f]|d[89a-f][0-9a-f]{2})/g;

/** Cuts a string to the longest prefix that has at most `maxBytes` bytes of JSON. */
export function cut(text: string, maxBytes: number): string {
  for (let characters = Math.min(text.length, maxBytes); ;) {
    const storable = storableText(text, characters);
    const bytes = jsonBytes(storable);
    if (bytes <= maxBytes) return characters < text.length ? copyOf(storable) : storable;
    characters = Math.floor((characters * maxBytes) / bytes);
  }
}

export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
