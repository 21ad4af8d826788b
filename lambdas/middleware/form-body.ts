import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { InvalidRequestError } from '../job/errors.ts';
import type { Json } from '../job/job.ts';
import { jsonBody, parseJson, type JsonEvent } from './json-body.ts';
import { readParts, type Part } from './multipart-parts.ts';
import { HttpError } from './problem.ts';

/** A file that came with a form. */
export interface AttachedFile {
  readonly bytes: Buffer;
  /** The media type alone, in lower case. */
  readonly contentType: string;
}

/** An event whose body has been parsed; with the file, where it was a form. */
export type FormEvent = JsonEvent & { file?: AttachedFile };

export interface FormRules {
  /** The largest JSON body, in bytes. */
  readonly maxJsonBytes: number;
  /** The largest file of a form, in bytes. */
  readonly maxFileBytes: number;
  /** What to do with a larger one: a sentence. */
  readonly adviceForLargeFiles: string;
  /** The fields of a form whose text is JSON. */
  readonly jsonFields: readonly string[];
  /** The fields of a form whose text is a number. */
  readonly numberFields: readonly string[];
}

const NUMBER = /^-?\d+(\.\d+)?$/;

/**
 * Parses a JSON body, or a multipart/form-data form of one file, `file`, and fields that are the same as JSON's. Refused,
 * with the field's name: a form that is no whole one, or JSON in it that is none (400), a file that is too large (413), a
 * form without a file, with two, or with a field twice (422); and what {@link jsonBody} refuses.
 */
export function formBody(rules: FormRules): MiddlewareObj<FormEvent> {
  const { before: parseJsonBody } = jsonBody(rules.maxJsonBytes);
  return {
    async before(request) {
      const event = request.event as unknown as APIGatewayProxyEventV2;
      const contentType = event.headers['content-type'] ?? '';
      if (!/^multipart\/form-data\s*(;|$)/i.test(contentType)) {
        await parseJsonBody?.(request as never);
        return;
      }
      const bytes = Buffer.from(event.body ?? '', event.isBase64Encoded ? 'base64' : 'utf8');
      const parts = await readParts(bytes, contentType);
      refuseRepeated(parts);
      request.event.file = fileOf(parts, rules);
      request.event.body = parseJson(toJson(parts.filter(isText), rules));
    },
  };
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

/** The fields as the JSON body that would say the same, so that what is no good as JSON is refused as JSON is. */
function toJson(parts: readonly Part[], { jsonFields, numberFields }: FormRules): string {
  const members = parts.map(({ name, bytes }) => {
    const text = decode(name, bytes);
    let value = JSON.stringify(text);
    if (jsonFields.includes(name)) value = checkedJson(name, text);
    // One with hundreds of digits is Infinity, which JSON can't write: it stays a text, and is refused as one.
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

/** By itself, or else a text such as `1}, {` could be read together with what stands around it. */
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
