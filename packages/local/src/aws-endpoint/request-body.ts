import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { readWholeBody } from '../whole-body.ts';
import { fromCbor, isCbor } from './cbor.ts';

/** The body of a request, shared by all its readers: the call's guard, and its service. */
export interface RequestBody {
  /** In bytes. */
  readonly size: number;
  /** Empty if the body exceeds the limit of every service. */
  readonly bytes: Buffer;
  /** The body parsed as JSON, or as CBOR if its content type says so; undefined if it can't be parsed. */
  readonly input: () => unknown;
}

/** DynamoDB's limit on a request (BatchWriteItem) in bytes, the largest of the services with a JSON protocol. */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

const bodies = new WeakMap<IncomingMessage, Promise<RequestBody>>();

/**
 * Reads the whole body of a request and parses it once for all readers.
 * @throws Error if the sender disconnects before the end
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
