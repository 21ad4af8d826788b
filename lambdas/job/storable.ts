import { MAX_DOCUMENT_BYTES, type Json } from './job.ts';

/** NUL, which Postgres does not store, and its like, which JSON writes as six bytes each; tab and line ends are kept. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const CONTROL_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g;

/**
 * Text of any origin as a row can keep it and a list can show it: cut to so many characters, none of which takes more than
 * three bytes of JSON, so that 200 jobs with their messages fit into an answer of the Data API.
 */
export function storableText(text: string, maxCharacters: number): string {
  return text.slice(0, maxCharacters).toWellFormed().replaceAll(CONTROL_CHARACTER, '�');
}

/** The text that `message` shows for an error: at most 1,000 characters, without what Postgres can't store. */
export function describeError(error: unknown): string {
  return storableText(textOf(error), 1_000);
}

/** Anything can be thrown, even something without a text. */
function textOf(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message || error.name : error);
  } catch {
    return 'The error has no text.';
  }
}

/** NUL, or half a surrogate pair, as JSON writes them; not an escaped backslash before such letters. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/** Why a value can't be stored as a payload or result, as the rest of a sentence about it; undefined if it can. */
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
    return problem(`has ${bytes} bytes; at most ${MAX_DOCUMENT_BYTES} are stored`, true);
  }
  if (UNSTORABLE.test(text)) {
    return problem('contains the character NUL or half a surrogate pair, which the database does not store');
  }
  return undefined;
}

/** Undefined for what JSON has nothing for, such as a function: what a handler returns may be of another type than it says. */
function toJson(value: unknown): string | undefined {
  return JSON.stringify(value);
}
