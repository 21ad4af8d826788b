import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { InvalidRequestError, MAX_TOLD_ERRORS, type FieldError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import { HttpError } from './problem.ts';

/** An event whose body has been parsed. */
export type JsonEvent = Omit<APIGatewayProxyEventV2, 'body'> & { body: Json };

const MAX_DEPTH = 64;

/** A number that may lose something when JavaScript reads it: sixteen digits or more, or a large exponent. */
const SUSPICIOUS_NUMBER = /\d{16}|[eE]\+?\d{3}/;

/**
 * Parses a JSON body. Refused, with the field's name: what is no JSON (400), too large (413), of another content type
 * (415), or what no store could keep as it was sent (422): too deep a nesting, the character NUL, half a surrogate pair,
 * an integer that JavaScript can't represent.
 *
 * @param maxBytes the largest body, in bytes
 * @param whenAbsent what no body at all stands for; without it, there has to be one
 */
export function jsonBody(maxBytes: number, whenAbsent?: Json): MiddlewareObj<JsonEvent> {
  return {
    before(request) {
      const event = request.event as unknown as APIGatewayProxyEventV2;
      if (whenAbsent !== undefined && !event.body) {
        request.event.body = whenAbsent;
        return;
      }
      requireJson(event.headers['content-type']);
      const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      if (bytes.length > maxBytes) {
        throw new HttpError(
          413,
          'payload-too-large',
          `The body has ${bytes.length} bytes; at most ${maxBytes} are taken.`,
          {
            errors: [{ field: 'body', message: `must have at most ${maxBytes} bytes` }],
          },
        );
      }
      request.event.body = parseJson(decode(bytes));
      if (!event.isBase64Encoded) requireUnchanged(event.headers['content-length'], bytes);
    },
  };
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
 * API Gateway hands JSON on as text, with U+FFFD in place of what was no UTF-8: the text has another length then than the body
 * that was sent.
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
 * @throws HttpError, InvalidRequestError as {@link jsonBody} does
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
  // Only now: what tells the numbers uses the stack, and the nesting is known not to be too deep for it.
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

/** What Postgres could not keep as it is. Walks with a list of its own: the nesting may be deeper than the stack. */
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
    return 'must not contain the character NUL (\\u0000), which the database does not store';
  if (!text.isWellFormed()) return 'must not contain half a surrogate pair: it is no valid Unicode text';
  return undefined;
}

/** Numbers that would not come back as they were sent. The text is read again: only that tells how they were written. */
function inexactNumbers(text: string): FieldError[] {
  const found: { holder: unknown; path: string; message: string }[] = [];
  JSON.parse(text, function (this: unknown, key, value: unknown, context?: { source?: string }) {
    // Every value is visited after what is inside it: the paths grow from their ends.
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
