import { jsonBytes, type LogLine } from './log-line.ts';

/** A part of an attempt's log: the lines that are stored in one row. */
export interface LogPart {
  /** The part's number within the attempt, from 0. */
  part: number;
  lines: LogLine[];
}

/** The parts of an attempt's log that have not been written yet. */
export interface LogParts {
  parts: LogPart[];
  /** Parts below this number are discarded. */
  keepFrom: number;
}

/**
 * The end of each attempt's log is always kept: the last 200 lines or the last 64 KiB of JSON, whichever is less.
 */
export const KEPT_LINES = 200;
export const KEPT_BYTES = 64 * 1024;

/**
 * The maximum size of a part, in bytes. The Data API limits a row to 64 KB, and returns the part's JSON inside a JSON
 * string, where each escaped quotation mark takes two bytes:
 * https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
 */
export const MAX_PART_BYTES = 60_000;

/** Collects an attempt's log lines until a heartbeat or the recording of the outcome writes them. */
export interface LogBuffer {
  /**
   * Adds a line. Lines added after {@link LogBuffer.takeAll} are ignored, because no statement writes lines after the
   * attempt's outcome.
   */
  add(line: LogLine): void;
  /**
   * Returns the unwritten parts; undefined if there are none. Until `written` is called, every call returns the same parts,
   * and omits lines that were added in the meantime.
   */
  take(): LogParts | undefined;
  /** Closes the buffer, and returns all unwritten parts for the statement that records the attempt's outcome. */
  takeAll(): LogParts | undefined;
  /** Call this once the parts from the last `take` have been written. */
  written(): void;
}

interface PartSize {
  readonly part: number;
  readonly lines: number;
  readonly bytes: number;
}

/**
 * Creates a buffer. Once a part has been taken, its number and lines never change. If a statement's response is lost, the
 * part is written again, which leaves the existing row unchanged.
 *
 * @param firstPart the number of the first part; above 0 if the attempt was suspended
 */
export function createLogBuffer(firstPart = 0): LogBuffer {
  let pending: LogLine[] = [];
  let leftOut = 0;
  let nextPart = firstPart;
  let unwritten: LogPart[] = [];
  /** Parts below this number were returned by the last `take`. */
  let takenBelow = 0;
  /** The sizes of the parts that have not been discarded, oldest first. */
  let sizes: PartSize[] = [];
  let isClosed = false;

  const cutParts = (): void => {
    const lines = newestThatAreKept(pending);
    const gap = leftOut + pending.length - lines.length;
    const first = lines[0];
    if (gap > 0 && first) lines.unshift(gapLine(gap, first.time));
    pending = [];
    leftOut = 0;
    for (const [index, part] of partsOf(lines).entries()) {
      const logged = index === 0 && gap > 0 ? part.slice(1) : part;
      const bytes = logged.reduce((sum, line) => sum + jsonBytes(line), 0);
      sizes.push({ part: nextPart, lines: logged.length, bytes });
      unwritten.push({ part: nextPart, lines: part });
      nextPart += 1;
    }
  };

  const unwrittenParts = (): LogParts | undefined => {
    const keepFrom = oldestKept(sizes, firstPart);
    sizes = sizes.filter(({ part }) => part >= keepFrom);
    unwritten = unwritten.filter(({ part }) => part >= keepFrom);
    return unwritten.length > 0 ? { parts: [...unwritten], keepFrom } : undefined;
  };

  return {
    add(line) {
      if (isClosed) return;
      pending.push(line);
      if (pending.length <= KEPT_LINES) return;
      pending.shift();
      leftOut += 1;
    },
    take() {
      // Don't cut new parts while earlier parts are unwritten. Otherwise, the parts could pile up while heartbeats fail,
      // and one statement could write more than twice KEPT_BYTES.
      if (unwritten.length === 0) cutParts();
      takenBelow = nextPart;
      return unwrittenParts();
    },
    takeAll() {
      cutParts();
      isClosed = true;
      return unwrittenParts();
    },
    written() {
      unwritten = unwritten.filter(({ part }) => part >= takenBelow);
    },
  };
}

/** Returns the newest lines, up to and including the line that reaches {@link KEPT_BYTES}. */
function newestThatAreKept(pending: readonly LogLine[]): LogLine[] {
  let bytes = 0;
  let first = pending.length;
  while (first > 0 && bytes < KEPT_BYTES) {
    first -= 1;
    bytes += jsonBytes(pending[first]);
  }
  return pending.slice(first);
}

function gapLine(count: number, time: string): LogLine {
  const message = `${count} earlier ${count === 1 ? 'line was' : 'lines were'} left out here: the job logged too much at once.`;
  return { time, level: 'warn', message, fields: { left_out: count } };
}

function partsOf(lines: readonly LogLine[]): LogLine[][] {
  const parts: LogLine[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const more = escapedBytes(line) + 1;
    const last = parts.at(-1);
    if (!last || bytes + more > MAX_PART_BYTES) {
      parts.push([line]);
      // The part's two brackets and two quotation marks add four bytes. The first line needs no comma, which saves one byte.
      bytes = more + 3;
    } else {
      last.push(line);
      bytes += more;
    }
  }
  return parts;
}

/** Returns the size of a line's JSON inside a JSON string, in bytes. */
function escapedBytes(line: LogLine): number {
  return jsonBytes(JSON.stringify(line)) - 2;
}

/**
 * Returns the number of the oldest part that must be kept, so that this part and the later parts contain all lines that
 * must be kept. The sizes of parts from before a suspension are unknown, but each of these parts contains at least one
 * line.
 */
function oldestKept(sizes: readonly PartSize[], firstPart: number): number {
  let lines = 0;
  let bytes = 0;
  for (const size of sizes.toReversed()) {
    lines += size.lines;
    bytes += size.bytes;
    if (lines >= KEPT_LINES || bytes >= KEPT_BYTES) return size.part;
  }
  return Math.max(0, firstPart - (KEPT_LINES - lines));
}
