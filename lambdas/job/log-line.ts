import { textOf } from './error-text.ts';
import type { Attempt } from './job.ts';
import { errorsAsText, type Log } from './log.ts';
import { storableText } from './storable.ts';

/** A line of a handler's log in its stored form. */
export type LogLine = Attempt['log'][number];

/** A line as the handler logged it. */
export interface RawLine {
  readonly time: Date;
  readonly level: keyof Log;
  readonly message: unknown;
  readonly fields: object;
}

/** The longest message of a line, in characters. */
const MAX_MESSAGE = 1_000;
/** The largest value of one field, and of all fields of a log line, in bytes of JSON. */
const MAX_VALUE_BYTES = 500;
const MAX_FIELDS_BYTES = 2_000;

/**
 * Converts a line for storage: removes what Postgres can't store, and cuts what is too long, with a mark. The result has at most
 * 6 KB of JSON.
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
 * Copies a string so that it keeps no other string in memory: the engine may represent a prefix as a reference to the long
 * string.
 */
function copyOf(text: string): string {
  return Buffer.from(text).toString();
}

/** The fields that fit, in the original order. */
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

/** A value as JSON; cut to a string if it is too large. */
function storableValue(value: unknown): LogLine['fields'][string] {
  if (typeof value === 'string') return cut(value, MAX_VALUE_BYTES);
  try {
    const json = JSON.stringify(value, errorsAsText) as string | undefined;
    if (json === undefined) return typeof value;
    if (Buffer.byteLength(json) > MAX_VALUE_BYTES) return cut(json, MAX_VALUE_BYTES);
    return JSON.parse(json.replaceAll(UNSTORABLE_ESCAPE, '$1�')) as LogLine['fields'][string];
  } catch {
    // A circular structure, a BigInt, or a `toJSON` that throws.
    return `[${typeof value}]`;
  }
}

/**
 * JSON escapes of NUL and other control characters, or of half a surrogate pair, but not an escaped backslash before such
 * letters.
 */
const UNSTORABLE_ESCAPE = /(?<!\\)((?:\\\\)*)\\u(?:00[01][0-9a-f]|d[89a-f][0-9a-f]{2})/g;

/** The longest prefix of a string whose JSON has at most this many bytes. */
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
