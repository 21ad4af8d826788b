import { setImmediate as nextTurn } from 'node:timers/promises';
import * as z from 'zod/mini';
import { defineJobType } from '../job/job-type.ts';
import { createScanner } from './analyze/scanner.ts';

/** The longest pattern, in bytes of UTF-8: what is compared where a file comes near a match again and again. */
const MAX_PATTERN_BYTES = 4096;
const MAX_PATTERNS = 50;

/** Milliseconds after which other things get their turn: the stop, the heartbeat, the jobs of the same batch. */
const TURN_MS = 20;

const pattern = z.string('must be a string').check(
  z.minLength(1, 'must have at least 1 character'),
  z.refine(
    (text) => Buffer.byteLength(text) <= MAX_PATTERN_BYTES,
    `must have at most ${MAX_PATTERN_BYTES} bytes of UTF-8`,
  ),
);

/** `file` is the key that `POST /v1/uploads` gave; a submission with a file gets it by itself. */
const payload = z.strictObject(
  {
    file: z
      .string('must be the key of a file: upload one with POST /v1/uploads, or send it with the job')
      .check(z.minLength(1, 'must be the key of a file'), z.maxLength(1024, 'must be the key of a file')),
    patterns: z
      .array(pattern, 'must be a list of strings')
      .check(
        z.minLength(1, 'must have at least 1 pattern'),
        z.maxLength(MAX_PATTERNS, `must have at most ${MAX_PATTERNS} patterns`),
      ),
  },
  'must be an object with a file and patterns',
);

/**
 * Counts literal patterns in a file: as bytes, case by case, each by itself, its leftmost matches that do not overlap.
 * Lines end by `\n` or `\r\n`; a last line without an end is one too. The memory it takes is the same for any file.
 */
export const analyze = defineJobType({
  name: 'analyze',
  payload,
  async run({ file, patterns }, { files, signal, progress }) {
    const { bytes, stream } = await files.open(file, signal);
    // A pattern that is given twice is one.
    const distinct = [...new Set(patterns)];
    const scanner = createScanner(distinct.map((text) => Buffer.from(text)));
    let read = 0;
    let lastByte: number | undefined;
    let turnEndsAt = performance.now() + TURN_MS;
    for await (const piece of stream) {
      scanner.add(piece);
      read += piece.length;
      lastByte = piece.at(-1) ?? lastByte;
      release(piece);
      progress(read / bytes);
      if (performance.now() >= turnEndsAt) {
        await nextTurn();
        signal.throwIfAborted();
        turnEndsAt = performance.now() + TURN_MS;
      }
    }
    const { counts, lineFeeds } = scanner.end();
    const hasOpenLine = lastByte !== undefined && lastByte !== 0x0a;
    return {
      counts: Object.fromEntries(distinct.map((text, index) => [text, counts[index] ?? 0])),
      lines: lineFeeds + (hasOpenLine ? 1 : 0),
      bytes: read,
    };
  },
});

/**
 * Gives the memory of a piece back at once. Left to the collector, to which such a piece is a small object, a hundred
 * megabytes would gather, and each further piece would be put into memory that no cache holds.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}
