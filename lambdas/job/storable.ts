import { MAX_DOCUMENT_BYTES, type Json } from './job.ts';

/**
 * Matches control characters other than tabs and line breaks. Postgres can't store NUL, and each of the other control
 * characters takes up to six bytes in JSON.
 */
// eslint-disable-next-line no-control-regex -- the pattern has to name them
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

/**
 * Makes a string storable, and truncates it to `maxCharacters`. Each of the remaining characters takes at most three bytes in
 * JSON, so 200 jobs with their messages fit into one Data API response.
 */
export function storableText(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).toWellFormed().replaceAll(CONTROL_CHARACTER, '�');
}

/** Converts an error to a job's `message`: at most 1,000 characters, without characters that Postgres can't store. */
export function describeError(error: unknown): string {
  return storableText(textOf(error), 1_000);
}

/** Converts any thrown value to a string, even a value for which `String()` throws. */
function textOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message || error.name : error);
  } catch {
    return 'The error has no text.';
  }
}

/** Matches JSON escapes of NUL or half a surrogate pair, but not an escaped backslash followed by the same letters. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * Returns the reason why a value can't be stored as a payload or result, to be appended to the value's name in an error
 * message; undefined if the value can be stored.
 */
export function jsonProblem(value: Json): { text: string; isTooLarge: boolean } | undefined {
  const problem = (text: string, isTooLarge = false) => ({ text, isTooLarge });
  let text: string | undefined;
  try {
    text = toJson(value);
  } catch (error) {
    return problem(`can't be written as JSON: ${describeError(error)}`);
  }
  if (text === undefined) return problem(`can't be written as JSON: it is a ${typeof value}`);
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_DOCUMENT_BYTES) {
    return problem(`has ${bytes} bytes; the maximum is ${MAX_DOCUMENT_BYTES}`, true);
  }
  if (UNSTORABLE.test(text)) {
    return problem("contains a NUL character or half a surrogate pair, which the database can't store");
  }
  return undefined;
}

/**
 * Serializes a value. Returns undefined for a value that JSON can't express, such as a function: a handler can return such a
 * value despite its declared type.
 */
function toJson(value: unknown): string | undefined {
  return JSON.stringify(value);
}
