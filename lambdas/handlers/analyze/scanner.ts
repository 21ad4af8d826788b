import { SCANNER_MODULE } from './scanner-module.ts';

/** Scans a stream of bytes, piece by piece. */
export interface Scanner {
  /** Takes the next piece, of any length. */
  add(piece: Uint8Array): void;
  /** The counts, in the order of the patterns, and the number of line feeds. Nothing can be added after it. */
  end(): { counts: number[]; lineFeeds: number };
}

interface ScannerExports {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  readonly scan: (from: number, to: number, limit: number) => number;
}

// The layout of the memory: scanner.wat says what lies there.
const TABLE_BYTES = 16;
const BOUNDS = 112;
const SLOTS = 160;
const SLOT_BYTES = 16;
const MAY_MATCH_FROM = 8;
const COUNT = 12;
const BUCKETS = 8;
/** How many of a pattern's bytes the tables tell of. */
const FINGERPRINT_BYTES = 3;
/** What is read behind the end: a block, from the last position's third byte on. */
const MARGIN = 32;

/** How much is scanned at once, in bytes: it stays in the processor's cache between its copy and its scan. */
const SLICE_BYTES = 128 * 1024;
const PAGE_BYTES = 64 * 1024;

/** What is used of the global, which TypeScript declares for browsers alone. */
interface WebAssemblyGlobal {
  readonly Module: new (binary: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
}

const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyGlobal }).WebAssembly;

let compiled: object | undefined;

/**
 * Makes a scanner that counts, for each pattern by itself, its leftmost matches that do not overlap, wherever the pieces
 * of the stream begin and end.
 *
 * @param patterns none of them empty
 */
export function createScanner(patterns: readonly Uint8Array[]): Scanner {
  const longest = Math.max(...patterns.map(({ length }) => length));
  const patternBytes = patterns.reduce((sum, { length }) => sum + length + MARGIN, 0);
  const buffer = SLOTS + patterns.length * SLOT_BYTES + patternBytes;
  const { memory, scan } = instantiate(buffer + longest + SLICE_BYTES + MARGIN);
  const bytes = new Uint8Array(memory.buffer);
  const words = new DataView(memory.buffer);
  const slots = layOut(patterns, bytes, words);

  const counts = patterns.map(() => 0);
  let lineFeeds = 0;
  /** Bytes at the beginning of the buffer at which a match could begin whose end has not come yet. */
  let held = 0;

  /** Scans what has been put behind the held bytes. */
  function scanBuffer(added: number, isLast: boolean): void {
    const limit = buffer + held + added;
    const to = isLast ? limit : Math.max(buffer, limit - longest + 1);
    lineFeeds += scan(buffer, to, limit);
    for (const [index, slot] of slots.entries()) {
      counts[index] = (counts[index] ?? 0) + words.getUint32(slot + COUNT, true);
      words.setUint32(slot + COUNT, 0, true);
      const from = words.getUint32(slot + MAY_MATCH_FROM, true);
      words.setUint32(slot + MAY_MATCH_FROM, Math.max(0, from - (to - buffer)), true);
    }
    bytes.copyWithin(buffer, to, limit);
    held = limit - to;
  }

  return {
    add(piece) {
      for (let at = 0; at < piece.length; at += SLICE_BYTES) {
        const slice = piece.subarray(at, at + SLICE_BYTES);
        bytes.set(slice, buffer + held);
        scanBuffer(slice.length, false);
      }
    },
    end() {
      scanBuffer(0, true);
      return { counts, lineFeeds };
    },
  };
}

function instantiate(bytes: number): ScannerExports {
  compiled ??= new Module(Buffer.from(SCANNER_MODULE, 'base64'));
  const exports = new Instance(compiled).exports as ScannerExports;
  exports.memory.grow(Math.ceil(bytes / PAGE_BYTES));
  return exports;
}

/**
 * Writes tables, slots and patterns. Patterns that are alike share a bucket, for there they take the fewest bits.
 *
 * @returns the addresses of the patterns' slots, in the order of the patterns
 */
function layOut(patterns: readonly Uint8Array[], bytes: Uint8Array, words: DataView): number[] {
  const order = [...patterns.keys()].sort((a, b) =>
    Buffer.compare(patterns[a] ?? EMPTY, patterns[b] ?? EMPTY),
  );
  const slots: number[] = [];
  let text = SLOTS + patterns.length * SLOT_BYTES;
  for (const [place, index] of order.entries()) {
    const pattern = patterns[index] ?? EMPTY;
    const slot = SLOTS + place * SLOT_BYTES;
    slots[index] = slot;
    bytes.set(pattern, text);
    words.setUint32(slot, text, true);
    words.setUint32(slot + 4, pattern.length, true);
    text += pattern.length + MARGIN;
    addFingerprint(pattern, bucketOf(place, patterns.length), bytes);
  }
  for (let bucket = 0; bucket <= BUCKETS; bucket += 1) {
    const first = order.findIndex((_, place) => bucketOf(place, patterns.length) >= bucket);
    const end = first === -1 ? patterns.length : first;
    words.setUint32(BOUNDS + bucket * 4, SLOTS + end * SLOT_BYTES, true);
  }
  return slots;
}

const EMPTY = new Uint8Array();

/** Even shares of the patterns in their order. */
function bucketOf(place: number, patterns: number): number {
  return Math.floor((place * Math.min(BUCKETS, patterns)) / patterns);
}

function addFingerprint(pattern: Uint8Array, bucket: number, bytes: Uint8Array): void {
  for (let index = 0; index < FINGERPRINT_BYTES; index += 1) {
    const byte = pattern[index];
    const [low, high] = [index * 2 * TABLE_BYTES, (index * 2 + 1) * TABLE_BYTES];
    for (let half = 0; half < 16; half += 1) {
      if (byte === undefined || (byte & 15) === half)
        bytes[low + half] = (bytes[low + half] ?? 0) | (1 << bucket);
      if (byte === undefined || byte >> 4 === half)
        bytes[high + half] = (bytes[high + half] ?? 0) | (1 << bucket);
    }
  }
}
