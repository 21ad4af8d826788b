import { cbor, tag } from '@smithy/core/cbor';

/** A time in an operation's output. It is sent as seconds since the epoch. In CBOR, the number also has the epoch-time tag. */
export class Timestamp {
  readonly #seconds: number;

  /** @param time in milliseconds since the epoch */
  constructor(time: number) {
    this.#seconds = time / 1000;
  }

  toJSON(): number {
    return this.#seconds;
  }
}

/** The CBOR tag for seconds since the epoch: https://www.rfc-editor.org/rfc/rfc8949.html#section-3.4.2 */
const EPOCH_TIME = 1;

export function isCbor(contentType: string | undefined): boolean {
  return contentType?.startsWith('application/cbor') === true;
}

/**
 * Decodes CBOR. Times become seconds since the epoch, as in JSON. @throws Error if the CBOR is invalid, or has more than `maxDepth` levels of
 * nesting
 */
export function fromCbor(bytes: Uint8Array, maxDepth: number): unknown {
  return untagged(bytes.length === 0 ? {} : cbor.deserialize(bytes), maxDepth);
}

export function toCbor(value: unknown): Uint8Array {
  return cbor.serialize(tagged(value));
}

function untagged(value: unknown, depth: number): unknown {
  if (depth < 0) throw new Error('The CBOR has too many levels of nesting.');
  if (typeof value === 'bigint') return Number(value);
  if (Array.isArray(value)) return value.map((each) => untagged(each, depth - 1));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  const { tag: kind, value: inner } = value as { tag?: unknown; value?: unknown };
  if (kind === EPOCH_TIME) return inner;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, untagged(each, depth - 1)]));
}

function tagged(value: unknown): unknown {
  if (value instanceof Timestamp) return tag({ tag: EPOCH_TIME, value: value.toJSON() });
  if (Array.isArray(value)) return value.map(tagged);
  if (typeof value !== 'object' || value === null) return value;
  // Undefined members are omitted, as in JSON.
  const members = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(members.map(([name, each]) => [name, tagged(each)]));
}
