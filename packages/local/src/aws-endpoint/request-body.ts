import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { readWholeBody } from '../whole-body.ts';
import { fromCbor, isCbor } from './cbor.ts';

/** The body of a request, the same for everyone who asks for it: the guard of the call, and its service. */
export interface RequestBody {
  /** In bytes. */
  readonly size: number;
  /** Empty if there is more of it than any service takes. */
  readonly bytes: Buffer;
  /** The value that the body is as JSON, or as CBOR if its content type says so; undefined if it is not. */
  readonly input: () => unknown;
}

/** DynamoDB's limit on a request (BatchWriteItem), the largest of the services that speak JSON, in bytes. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

const bodies = new WeakMap<IncomingMessage, Promise<RequestBody>>();

/**
 * Reads the body of a request to its end, and parses it, once for all who ask.
 * @throws Error when the sender leaves before the end
 */
export function readRequestBody(request: IncomingMessage): Promise<RequestBody> {
  const known = bodies.get(request);
  if (known) return known;
  const body = collect(request);
  bodies.set(request, body);
  return body;
}

async function collect(request: IncomingMessage): Promise<RequestBody> {
  const { size, bytes = Buffer.alloc(0) } = await readWholeBody(request, MAX_BODY_BYTES);
  return { size, bytes, input: parsedOnce(request, bytes) };
}

function parsedOnce(request: IncomingMessage, bytes: Buffer): () => unknown {
  let parsed: { readonly value: unknown } | undefined;
  return () => {
    parsed ??= { value: parse(request, bytes) };
    return parsed.value;
  };
}

function parse({ headers }: IncomingMessage, bytes: Buffer): unknown {
  try {
    // The SDKs compress the larger requests of some operations, such as PutMetricData.
    const isCompressed = headers['content-encoding'] === 'gzip';
    const plain = isCompressed ? gunzipSync(bytes, { maxOutputLength: MAX_BODY_BYTES }) : bytes;
    return isCbor(headers['content-type']) ? fromCbor(plain) : JSON.parse(plain.toString());
  } catch {
    return undefined;
  }
}
