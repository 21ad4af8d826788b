import * as z from 'zod/mini';
import { job } from '../../job/definition.ts';
import { createMatchCounter } from './match-counter.ts';

/**
 * The maximum length of a pattern, in bytes of UTF-8. In the worst case, a file full of near matches, the search time is
 * proportional to the pattern's length.
 */
const MAX_PATTERN_BYTES = 4096;
const MAX_PATTERNS = 50;

const LINE_FEED = Buffer.from('\n');

const pattern = z.string('must be a string').check(
  z.minLength(1, 'must have at least 1 character'),
  z.refine(
    (text) => Buffer.byteLength(text) <= MAX_PATTERN_BYTES,
    `must have at most ${MAX_PATTERN_BYTES} bytes of UTF-8`,
  ),
);

/** `file` is the key returned by `POST /v1/uploads`. If a submission includes a file, Errand sets the key itself. */
const payload = z.strictObject(
  {
    file: z
      .string('must be a file key: upload a file with POST /v1/uploads, or send it with the job')
      .check(z.minLength(1, 'must be a file key'), z.maxLength(1024, 'must be a file key')),
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
 * Counts literal patterns in a file, byte by byte and case-sensitively. Matches of the same pattern don't overlap, but
 * matches of different patterns may. Lines end with `\n` or `\r\n`; a last line without a line ending also counts. Memory use
 * does not depend on the file's size.
 */
export const analyze = job('analyze', {
  payload,
  async run({ file, patterns }, { files, signal, progress }) {
    const { bytes, stream } = await files.open(file, signal);
    // Count duplicate patterns only once.
    const distinct = [...new Set(patterns)];
    const counter = createMatchCounter([LINE_FEED, ...distinct.map((text) => Buffer.from(text))]);
    const turns = createTurns(signal);
    let read = 0;
    let lastByte: number | undefined;
    for await (const piece of stream) {
      await turns.run(counter.add(piece));
      read += piece.length;
      lastByte = piece.at(-1) ?? lastByte;
      release(piece);
      progress(read / bytes);
    }
    const [lineFeeds = 0, ...counts] = counter.counts();
    const hasOpenLine = lastByte !== undefined && lastByte !== LINE_FEED[0];
    return {
      counts: Object.fromEntries(distinct.map((text, index) => [text, counts[index] ?? 0])),
      lines: lineFeeds + (hasOpenLine ? 1 : 0),
      bytes: read,
    };
  },
});

/**
 * Frees a piece's memory immediately. The garbage collector counts only the piece's small object, not its large buffer. It
 * would therefore let a hundred megabytes of pieces accumulate, and new pieces would never be in the CPU cache.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

/** How long a turn lasts, in milliseconds. */
const TURN_MS = 20;

/** Functions that start the next turn of a waiting computation, in order of arrival. */
const waiting: (() => void)[] = [];

export interface Turns {
  /**
   * Runs a part of the computation, which may pause after each step.
   *
   * @throws the signal's reason once the signal has fired
   */
  run(steps: Iterator<unknown>): Promise<void>;
}

/**
 * Divides one long computation into turns. Between turns, the event loop serves everything else in the process: other jobs in
 * the same invocation, heartbeats and timers. Each pass of the event loop gives a turn to only one computation. Ten
 * computations therefore delay other work no more than one computation does.
 */
export function createTurns(signal: AbortSignal): Turns {
  let endsAt = 0;
  return {
    async run(steps) {
      do {
        if (performance.now() >= endsAt) {
          await nextTurn();
          signal.throwIfAborted();
          endsAt = performance.now() + TURN_MS;
        }
      } while (steps.next().done !== true);
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}
