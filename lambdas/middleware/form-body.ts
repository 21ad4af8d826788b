import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { InvalidRequestError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import { parseJson } from './json-body.ts';
import { readParts, type Part } from './multipart-parts.ts';
import { HttpError } from './problem.ts';

/** The file of a form. */
export interface AttachedFile {
  readonly bytes: Buffer;
  /** The media type without parameters, in lower case. */
  readonly contentType: string;
}

export interface FormRules {
  /** The largest file, in bytes. */
  readonly maxFileBytes: number;
  /** What to do with a larger file: a sentence. */
  readonly adviceForLargeFiles: string;
  /** The fields whose text is JSON. */
  readonly jsonFields: readonly string[];
  /** The fields whose text is a number. */
  readonly numberFields: readonly string[];
}

const NUMBER = /^-?\d+(\.\d+)?$/;

export function isForm({ headers }: Pick<APIGatewayProxyEventV2, 'headers'>): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Parses a multipart/form-data body: one file, `file`, and the fields of the JSON body.
 *
 * @throws HttpError 400 for an incomplete form or malformed JSON in a field, 413 for a file that is too large
 * @throws InvalidRequestError for a form without a file, a field given twice, and values that JSON bodies refuse too
 */
export async function readFormBody(
  event: APIGatewayProxyEventV2,
  rules: FormRules,
): Promise<{ body: Json; file: AttachedFile }> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const parts = await readParts(bytes, event.headers['content-type'] ?? '');
  refuseRepeated(parts);
  const file = fileOf(parts, rules);
  return { body: parseJson(toJson(parts.filter(isText), rules)), file };
}

const isText = ({ name }: Part): boolean => name !== 'file';

function fileOf(parts: readonly Part[], { maxFileBytes, adviceForLargeFiles }: FormRules): AttachedFile {
  const file = parts.find((part) => !isText(part));
  if (!file) {
    const message = 'is missing; send the file as the field "file", or send JSON';
    throw new InvalidRequestError('body', [{ field: 'file', message }]);
  }
  if (file.bytes.length > maxFileBytes) {
    throw new HttpError(
      413,
      'payload-too-large',
      `The file has ${file.bytes.length} bytes; at most ${maxFileBytes} are taken in one request. ${adviceForLargeFiles}`,
      { errors: [{ field: 'file', message: `must have at most ${maxFileBytes} bytes` }] },
    );
  }
  return file;
}

function refuseRepeated(parts: readonly Part[]): void {
  const names = parts.map(({ name }) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  if (repeated.size === 0) return;
  throw new InvalidRequestError(
    'body',
    [...repeated].map((field) => ({ field, message: 'is given more than once' })),
  );
}

/** The fields as the equivalent JSON body, so that forms are refused for the same reasons as JSON. */
function toJson(parts: readonly Part[], { jsonFields, numberFields }: FormRules): string {
  const members = parts.map(({ name, bytes }) => {
    const text = decode(name, bytes);
    let value = JSON.stringify(text);
    if (jsonFields.includes(name)) value = checkedJson(name, text);
    // A number with hundreds of digits is Infinity, which JSON can't write: it stays a string and is refused as one.
    const number = Number(text);
    if (numberFields.includes(name) && NUMBER.test(text) && Number.isFinite(number)) value = String(number);
    return `${JSON.stringify(name)}:${value}`;
  });
  return `{${members.join(',')}}`;
}

function decode(field: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(field, 'is not valid UTF-8');
  }
}

/** Parses each field separately: text such as `1}, {` must not merge with the fields around it. */
function checkedJson(field: string, text: string): string {
  try {
    JSON.parse(text) satisfies Json;
  } catch (error) {
    throw malformed(field, `is not valid JSON: ${(error as Error).message}`);
  }
  return text;
}

function malformed(field: string, message: string): HttpError {
  return new HttpError(400, 'malformed-body', `The field "${field}" ${message}`, {
    errors: [{ field, message }],
  });
}
