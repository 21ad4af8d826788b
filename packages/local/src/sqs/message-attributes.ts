import { createHash } from 'node:crypto';

/** An attribute that a sender can add to a message. Binary values are sent as base64. */
export interface MessageAttribute {
  /** `String`, `Number` or `Binary`, with an optional label: `Number.int`. */
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}
export type MessageAttributes = Readonly<Record<string, MessageAttribute>>;

/** Returns the number of bytes that attributes add to their message's size: the lengths of their names, types and values. */
export function sizeOfAttributes(attributes: MessageAttributes): number {
  let size = 0;
  for (const [name, attribute] of Object.entries(attributes)) {
    size += Buffer.byteLength(name) + Buffer.byteLength(attribute.DataType) + valueOf(attribute).length;
  }
  return size;
}

// In the digest, these bytes mark a value as a string or as binary.
const STRING_VALUE = Buffer.from([1]);
const BINARY_VALUE = Buffer.from([2]);

/**
 * Returns the MD5 digest that a client verifies attributes with, or undefined if there are no attributes. The digest covers each
 * attribute's name, type and value, each preceded by its length in four bytes. The attributes are sorted by name.
 */
export function md5OfAttributes(attributes: MessageAttributes): string | undefined {
  const sorted = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length === 0) return undefined;
  const digest = createHash('md5');
  for (const [name, attribute] of sorted) {
    digest.update(withLength(Buffer.from(name)));
    digest.update(withLength(Buffer.from(attribute.DataType)));
    digest.update(attribute.StringValue === undefined ? BINARY_VALUE : STRING_VALUE);
    digest.update(withLength(valueOf(attribute)));
  }
  return digest.digest('hex');
}

/**
 * Returns the attributes that a receiver requests by name, by name prefix (`trace.*` includes `traceparent`), or all of them (`All`, `*`,
 * `.*`). AWS ignores names without a matching attribute.
 */
export function selectAttributes(attributes: MessageAttributes, names: readonly string[]): MessageAttributes {
  if (['All', '*', '.*'].some((all) => names.includes(all))) return attributes;
  const prefixes = names.filter((name) => name.endsWith('.*')).map((name) => name.slice(0, -2));
  return Object.fromEntries(
    Object.entries(attributes).filter(
      ([name]) => names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
    ),
  );
}

function valueOf({ StringValue, BinaryValue }: MessageAttribute): Buffer {
  return StringValue === undefined ? Buffer.from(BinaryValue ?? '', 'base64') : Buffer.from(StringValue);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}
