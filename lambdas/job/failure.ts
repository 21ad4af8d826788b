import type { Attempt } from './job.ts';
import { errorsAsText, type Log } from './log.ts';
import { storableText } from './storable.ts';

/** What is kept of a failed attempt besides its message. */
export type Failure = Pick<Attempt, 'stack' | 'log'>;

type LogLine = Failure['log'][number];

/** The largest stack, and the largest log, in bytes of JSON: twenty attempts with both fit into a response of the Data API (1 MiB). */
export const MAX_STACK_BYTES = 8 * 1024;
export const MAX_LOG_BYTES = 8 * 1024;
/** The most log lines that are kept. */
export const MAX_LOG_LINES = 20;

/** The most errors of a stack: the thrown one and its causes. */
const MAX_ERRORS = 5;
/** The longest message of an error in a stack, and of a log line, in characters. */
const MAX_MESSAGE = 1_000;
/** The largest value of one field, and of all fields of a log line, in bytes of JSON. */
const MAX_VALUE_BYTES = 500;
const MAX_FIELDS_BYTES = 2_000;

/** A log that remembers its last lines. */
export interface RememberingLog extends Log {
  lastLines(): LogLine[];
}

/** Passes every line on to `log`, and remembers the last ones. They are made storable only when somebody asks for them. */
export function rememberLastLines(log: Log, now: () => Date): RememberingLog {
  const kept: { time: Date; level: LogLine['level']; message: unknown; fields: object }[] = [];
  const lineOf =
    (level: LogLine['level']): Log['info'] =>
    (message, fields) => {
      kept.push({ time: now(), level, message, fields: { ...fields } });
      if (kept.length > MAX_LOG_LINES) kept.shift();
      log[level](message, fields);
    };
  return {
    debug: lineOf('debug'),
    info: lineOf('info'),
    warn: lineOf('warn'),
    error: lineOf('error'),
    lastLines() {
      const lines: LogLine[] = [];
      let bytes = jsonBytes([]);
      for (const { time, level, message, fields } of kept.toReversed()) {
        const line = {
          time: time.toISOString(),
          level,
          message: storableText(textOf(message), MAX_MESSAGE),
          fields: storableFields(fields),
        };
        bytes += jsonBytes(line) + 1;
        if (bytes > MAX_LOG_BYTES) break;
        lines.unshift(line);
      }
      return lines;
    },
  };
}

/** The fields that fit, in their order. */
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
    // A circle, a BigInt, or a `toJSON` that throws.
    return `[${typeof value}]`;
  }
}

/** NUL and its like, or half a surrogate pair, as JSON writes them; not an escaped backslash before such letters. */
const UNSTORABLE_ESCAPE = /(?<!\\)((?:\\\\)*)\\u(?:00[01][0-9a-f]|d[89a-f][0-9a-f]{2})/g;

/**
 * The stack of an error and its causes, each with its name, message and frames and with nothing else of it. Null for what is
 * thrown without being an error.
 */
export function stackOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  const parts = withCauses(error);
  // Each gets its share, so that the deepest cause, which often tells most, is not cut off.
  const share = Math.floor(MAX_STACK_BYTES / parts.length);
  return cut(parts.map((part) => cut(part, share)).join('\n'), MAX_STACK_BYTES);
}

interface Labeled {
  label: string;
  error: unknown;
}

function withCauses(thrown: Error): string[] {
  const found: Labeled[] = [{ label: '', error: thrown }];
  // Grows while it is walked.
  for (const { error } of found) {
    if (!(error instanceof Error)) continue;
    const related: Labeled[] = [];
    if (error.cause !== undefined) related.push({ label: 'Caused by: ', error: error.cause });
    const several = error instanceof AggregateError ? (error.errors as unknown[]) : [];
    for (const each of several) related.push({ label: 'One of its errors: ', error: each });
    for (const each of related) {
      const isKnown = found.some((known) => known.error === each.error);
      if (!isKnown && found.length < MAX_ERRORS) found.push(each);
    }
  }
  return found.map(({ label, error }) => label + textOf(error));
}

function textOf(error: unknown): string {
  try {
    if (!(error instanceof Error)) return String(error);
    const { message, stack = String(error) } = error;
    const short =
      message.length > MAX_MESSAGE
        ? stack.replace(message, () => `${message.slice(0, MAX_MESSAGE)}…`)
        : stack;
    return shortenFrames(short);
  } catch {
    return 'The error has no text.';
  }
}

/** A frame of the worker's own code, which esbuild splits into files such as `chunk-ECUG2INN.mjs`. */
const WORKER_FRAME = /\n +at (?:async |[^\n]*\()?[a-z-]+-[0-9A-Z]{8}\.mjs:\d+:\d+\)?/g;

/**
 * Names files from the folder of the function's code, in which Lambda runs it (lib/jobs/source-map.ts puts the user's sources
 * there), and leaves the worker's frames out.
 */
function shortenFrames(stack: string): string {
  const folder = `${process.cwd()}/`;
  return stack.replaceAll(`file://${folder}`, '').replaceAll(folder, '').replaceAll(WORKER_FRAME, '');
}

/** The longest beginning of a text that has so many bytes as JSON. */
function cut(text: string, maxBytes: number): string {
  for (let characters = Math.min(text.length, maxBytes); ;) {
    const storable = storableText(text, characters);
    const bytes = jsonBytes(storable);
    if (bytes <= maxBytes) return storable;
    characters = Math.floor((characters * maxBytes) / bytes);
  }
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
