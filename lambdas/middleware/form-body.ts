import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { InvalidRequestError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import { parseJson } from './json-body.ts';
import { HttpError } from './problem.ts';

// Parses submissions that are sent as multipart/form-data. A form contains the fields of the JSON body and one file.

/** A form's file. */
export interface AttachedFile {
  readonly bytes: Buffer;
  /** The file's media type without parameters, in lower case. */
  readonly contentType: string;
}

export interface FormRules {
  /** The maximum file size, in bytes. */
  readonly maxFileBytes: number;
  /** A sentence that explains how to submit a larger file. */
  readonly adviceForLargeFiles: string;
  /** Returns the types of the form's fields. Called only for forms. */
  readonly fields: () => FormFields;
}

/** The types of a form's fields, which determine how the fields' text is parsed. Fields that are not listed are strings. */
export interface FormFields {
  /** The fields whose text is JSON. */
  readonly json: readonly string[];
  /** The fields whose text is a number. */
  readonly number: readonly string[];
  /** The fields that may be repeated. Each occurrence contains either one string or a JSON array of strings. */
  readonly list: readonly string[];
}

const NUMBER = /^-?\d+(\.\d+)?$/;

export function isForm({ headers }: Pick<APIGatewayProxyEventV2, 'headers'>): boolean {
  return /^multipart\/form-data\s*(;|$)/i.test(headers['content-type'] ?? '');
}

/**
 * Parses a multipart/form-data body: one file, named `file`, and the fields of the JSON body.
 *
 * @throws HttpError 400 for an incomplete form or malformed JSON in a field, 413 if the file is too large
 * @throws InvalidRequestError if the form has no file, repeats a field, or contains values that JSON bodies may not contain
 * either
 */
export async function readFormBody(
  event: APIGatewayProxyEventV2,
  rules: FormRules,
): Promise<{ body: Json; file: AttachedFile }> {
  const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
  const parts = await readParts(bytes, event.headers['content-type'] ?? '');
  const fields = rules.fields();
  refuseRepeated(parts.filter(({ name }) => !fields.list.includes(name)));
  const file = fileOf(parts, rules);
  return { body: parseJson(toJson(parts.filter(isText), fields)), file };
}

const isText = ({ name }: Part): boolean => name !== 'file';

function fileOf(parts: readonly Part[], { maxFileBytes, adviceForLargeFiles }: FormRules): AttachedFile {
  const file = parts.find((part) => !isText(part));
  if (!file) {
    const message = 'is missing; send the file in a field named "file", or send JSON';
    throw new InvalidRequestError('body', [{ field: 'file', message }]);
  }
  if (file.bytes.length > maxFileBytes) {
    throw new HttpError(
      413,
      'payload-too-large',
      `The file has ${file.bytes.length} bytes; a request accepts at most ${maxFileBytes}. ${adviceForLargeFiles}`,
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
    [...repeated].map((field) => ({ field, message: 'occurs more than once' })),
  );
}

/** Converts a form's fields to the equivalent JSON body, so that the same checks apply to forms and JSON. */
function toJson(parts: readonly Part[], fields: FormFields): string {
  const single = parts.filter(({ name }) => !fields.list.includes(name));
  const members = [
    ...single.map((part): [string, string] => [part.name, valueOf(part, fields)]),
    ...fields.list.flatMap((list): [string, string][] => {
      const given = parts.filter(({ name }) => name === list);
      return given.length === 0 ? [] : [[list, `[${given.flatMap(elementsOf).join(',')}]`]];
    }),
  ];
  return `{${members.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function valueOf({ name, bytes }: Part, fields: FormFields): string {
  const text = decode(name, bytes);
  if (fields.json.includes(name)) return checkedJson(name, text);
  // A number with hundreds of digits becomes Infinity, which JSON can't express. Pass it on as a string, which is rejected
  // because the field must be a number.
  const number = Number(text);
  const isNumber = fields.number.includes(name) && NUMBER.test(text) && Number.isFinite(number);
  return isNumber ? String(number) : JSON.stringify(text);
}

/**
 * Returns the list elements in one part, as JSON. Text that begins with a bracket is a JSON array; any other text is a
 * single string.
 */
function elementsOf({ name, bytes }: Part): string[] {
  const text = decode(name, bytes);
  if (!text.startsWith('[')) return [JSON.stringify(text)];
  const elements = checkedJson(name, text).trim().slice(1, -1).trim();
  return elements === '' ? [] : [elements];
}

function decode(field: string, bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw malformed(field, 'is not valid UTF-8');
  }
}

/** Parses each field separately, so that text such as `1}, {` can't change the JSON around the field. */
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

/** One part of a form, before its value is checked. */
interface Part {
  readonly name: string;
  /** The part's media type without parameters, in lower case; `text/plain` if the part has none. */
  readonly contentType: string;
  readonly bytes: Buffer;
}

/**
 * The maximum number of parts, which limits the work that a malicious form can cause. A submission has at most fifteen
 * fields, ten tags and a file.
 */
const MAX_PARTS = 32;

/**
 * Splits a multipart/form-data body into its parts.
 *
 * @throws HttpError 400 if the form is malformed or truncated
 * @throws InvalidRequestError if the form has too many parts
 */
async function readParts(body: Buffer, contentType: string): Promise<Part[]> {
  // Load the parser when the first form arrives, because most submissions are JSON.
  const {
    default: { Busboy },
  } = await import('@fastify/busboy');
  const parts: Part[] = [];
  let parser: InstanceType<typeof Busboy>;
  try {
    // Read every part as a file. The parser doesn't decode files, so Errand can decode the bytes and reject invalid UTF-8.
    parser = new Busboy({
      headers: { 'content-type': contentType },
      limits: { parts: MAX_PARTS },
      isPartAFile: () => true,
    });
  } catch {
    throw malformedForm('The content type multipart/form-data has no boundary.', {
      field: 'headers.content-type',
      message: 'must name the boundary: multipart/form-data; boundary=…',
    });
  }
  await new Promise<void>((resolve, reject) => {
    const refuse = (): void => {
      reject(malformedForm('The body is not a complete multipart/form-data form.'));
    };
    parser.on('file', (name: string | undefined, stream, _fileName, _encoding, partType) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.once('error', refuse);
      stream.once('end', () => {
        if (name === undefined) refuse();
        else parts.push({ name, contentType: partType, bytes: Buffer.concat(chunks) });
      });
    });
    parser.once('partsLimit', () => {
      const message = `must have at most ${MAX_PARTS} fields`;
      reject(new InvalidRequestError('body', [{ field: 'body', message }]));
    });
    parser.on('error', refuse);
    parser.once('finish', resolve);
    parser.end(body);
  });
  return parts;
}

function malformedForm(
  detail: string,
  error = { field: 'body', message: 'must be a multipart/form-data form that ends with its boundary' },
): HttpError {
  return new HttpError(400, 'malformed-body', detail, { errors: [error] });
}
