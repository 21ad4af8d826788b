import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { InvalidRequestError, MAX_TOLD_ERRORS, type FieldError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import { HttpError } from './problem.ts';

const MAX_DEPTH = 64;

/** Matches a number that JavaScript may round, because it has sixteen digits or more, or a large exponent. */
const SUSPICIOUS_NUMBER = /\d{16}|[eE]\+?\d{3}/;

/** An operation's rules for JSON bodies. */
export interface JsonRules {
  /** The maximum body size, in bytes. */
  readonly maxBytes: number;
  /**
   * The value to use for a request without a body.
   *
   * @default - a body is required
   */
  readonly whenAbsent?: Json;
}

/**
 * Parses a request's JSON body.
 *
 * @throws HttpError 400 for malformed JSON, 413 if the body is too large, 415 for another content type
 * @throws InvalidRequestError for values that a store could not return unchanged: deep nesting, NUL characters, unpaired
 * surrogates, and integers beyond JavaScript's precision
 */
export function readJsonBody(event: APIGatewayProxyEventV2, { maxBytes, whenAbsent }: JsonRules): Json {
  if (whenAbsent !== undefined && !event.body) return whenAbsent;
  requireJson(event.headers['content-type']);
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length > maxBytes) {
    throw new HttpError(
      413,
      'payload-too-large',
      `The body has ${bytes.length} bytes; the maximum is ${maxBytes}.`,
      { errors: [{ field: 'body', message: `must have at most ${maxBytes} bytes` }] },
    );
  }
  const value = parseJson(decode(bytes));
  if (!event.isBase64Encoded) requireUnchanged(event.headers['content-length'], bytes);
  return value;
}

function requireJson(contentType: string | undefined): void {
  const mediaType = contentType?.split(';')[0]?.trim().toLowerCase();
  if (mediaType === 'application/json' || mediaType?.endsWith('+json')) return;
  throw new HttpError(
    415,
    'unsupported-media-type',
    `The content type ${contentType ? `"${contentType}"` : '(none)'} is not supported; send application/json.`,
    {
      headers: { accept: 'application/json' },
      errors: [{ field: 'headers.content-type', message: 'must be application/json' }],
    },
  );
}

/**
 * Rejects a body that was not valid UTF-8. API Gateway passes JSON on as text in which U+FFFD replaces invalid bytes, so the
 * text's length differs from the request's `content-length`.
 */
function requireUnchanged(contentLength: string | undefined, bytes: Buffer): void {
  if (contentLength === undefined || Number(contentLength) === bytes.length) return;
  if (bytes.includes('\ufffd')) throw malformed('The body is not valid UTF-8.');
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw malformed('The body is not valid UTF-8.');
  }
}

/**
 * Parses the text of a JSON body.
 *
 * @throws HttpError, InvalidRequestError as {@link readJsonBody} does
 */
export function parseJson(text: string): Json {
  if (text.trim() === '') throw malformed('The body is empty; send a JSON object.');
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch (error) {
    throw malformed(`The body is not valid JSON: ${(error as Error).message}`);
  }
  refuse(unkeepable(value));
  // Check numbers last, because this check is recursive, and the previous checks have ensured that the nesting is shallow
  // enough for the stack.
  if (SUSPICIOUS_NUMBER.test(text)) refuse(inexactNumbers(text));
  return value;
}

function refuse(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new InvalidRequestError('body', errors);
}

function malformed(message: string): HttpError {
  return new HttpError(400, 'malformed-body', message, {
    errors: [{ field: 'body', message: 'must be valid JSON' }],
  });
}

/**
 * Finds values that Postgres can't store unchanged. Uses a list instead of recursion, because the nesting may be deeper than
 * the stack allows.
 */
function unkeepable(root: Json): FieldError[] {
  const errors: FieldError[] = [];
  const pending: { value: Json; path: string; depth: number }[] = [{ value: root, path: '', depth: 0 }];
  for (let next = pending.pop(); next; next = pending.pop()) {
    const { value, path, depth } = next;
    if (typeof value === 'string') {
      const message = problemOfText(value);
      if (message) errors.push({ field: path, message });
    } else if (typeof value === 'object' && value !== null) {
      if (depth >= MAX_DEPTH) {
        errors.push({ field: path, message: `must not be nested more than ${MAX_DEPTH} levels deep` });
        break;
      }
      for (const [key, child] of Object.entries(value)) {
        const childPath = path ? `${path}.${key}` : key;
        const message = problemOfText(key);
        if (message) errors.push({ field: childPath, message: `its name ${message}` });
        pending.push({ value: child, path: childPath, depth: depth + 1 });
      }
    }
    if (errors.length >= MAX_TOLD_ERRORS) break;
  }
  return errors.map(({ field, message }) => ({
    field: problemOfText(field) ? JSON.stringify(field) : field || 'body',
    message,
  }));
}

function problemOfText(text: string): string | undefined {
  if (text.includes('\0'))
    return 'must not contain a NUL character (\\u0000), which the database can’t store';
  if (!text.isWellFormed()) return 'must not contain half a surrogate pair, which is not valid Unicode';
  return undefined;
}

/**
 * Finds numbers that JavaScript would change. Parses the text again, because only the text contains all of the numbers'
 * digits.
 */
function inexactNumbers(text: string): FieldError[] {
  const found: { holder: unknown; path: string; message: string }[] = [];
  JSON.parse(text, function (this: unknown, key, value: unknown, context?: { source?: string }) {
    // Build each path from its end, because inner values are visited before outer values.
    for (const number of found) {
      if (number.holder !== value) continue;
      number.holder = this;
      if (key !== '') number.path = `${key}.${number.path}`;
    }
    if (typeof value === 'number' && found.length < MAX_TOLD_ERRORS) {
      const source = context?.source ?? '';
      if (isInexact(source, value)) {
        const message = `${source.slice(0, 40)} can't be represented exactly; send it as a string`;
        found.push({ holder: this, path: key, message });
      }
    }
    return value;
  });
  return found.map(({ path, message }) => ({ field: path || 'body', message }));
}

function isInexact(source: string, value: number): boolean {
  return !Number.isFinite(value) || (/^-?\d+$/.test(source) && !Number.isSafeInteger(value));
}
