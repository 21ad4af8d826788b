import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { readWholeBody } from '../whole-body.ts';
import { fromCbor, isCbor } from './cbor.ts';

/** A request's body. The IAM guard and the service share it. */
export interface RequestBody {
  /** The body's size, in bytes. */
  readonly size: number;
  /** The body's bytes; empty if the body is larger than any service allows. */
  readonly bytes: Buffer;
  /** Returns the body parsed as JSON, or as CBOR if the content type is CBOR; undefined if parsing fails. */
  readonly input: () => unknown;
}

/**
 * The maximum request size, in bytes. The value is DynamoDB's limit for BatchWriteItem, the highest limit of any service with a JSON protocol.
 */
export const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * The maximum nesting depth. Deeper input is refused, because the services process input recursively. The deepest input that AWS accepts
 * has 32 levels (in DynamoDB).
 */
const MAX_DEPTH = 200;

const bodies = new WeakMap<IncomingMessage, Promise<RequestBody>>();

/**
 * Reads a request's whole body, and parses it once for all readers.
 * @throws Error if the sender disconnects before the end of the body
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

/** Whether JSON exceeds the maximum nesting depth. Brackets in strings do not count. */
function isTooDeep(json: string): boolean {
  if (json.length <= MAX_DEPTH) return false;
  let depth = 0;
  let isString = false;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (isString) {
      if (code === BACKSLASH) at += 1;
      else if (code === QUOTE) isString = false;
    } else if (code === QUOTE) isString = true;
    else if (code === OPEN_LIST || code === OPEN_OBJECT) {
      depth += 1;
      if (depth > MAX_DEPTH) return true;
    } else if (code === CLOSE_LIST || code === CLOSE_OBJECT) depth -= 1;
  }
  return false;
}

const [QUOTE, BACKSLASH, OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = Array.from('"\\[]{}', (each) =>
  each.charCodeAt(0),
);

function parse({ headers }: IncomingMessage, bytes: Buffer): unknown {
  try {
    // For some operations, such as PutMetricData, SDKs compress large requests.
    const isCompressed = headers['content-encoding'] === 'gzip';
    const plain = isCompressed ? gunzipSync(bytes, { maxOutputLength: MAX_BODY_BYTES }) : bytes;
    if (isCbor(headers['content-type'])) return fromCbor(plain, MAX_DEPTH);
    const text = plain.toString();
    return isTooDeep(text) ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
