import { jsonBytes, storableLine, type LogLine, type RawLine } from './log-line.ts';

/** Some lines of an attempt, as one row keeps them. */
export interface LogPart {
  /** Counts from 0 within the attempt. */
  part: number;
  lines: LogLine[];
}

/** What is to be written of an attempt's log. */
export interface LogParts {
  parts: LogPart[];
  /** Parts below this number are no longer kept. */
  keepFrom: number;
}

/** At least so much is kept of an attempt's log, whichever is less: lines, and bytes of JSON. */
export const KEPT_LINES = 200;
export const KEPT_BYTES = 64 * 1024;

/**
 * The most bytes of a part. A row of a response has 64 KB, and its text is a JSON string, in which each quotation mark of the part's JSON
 * takes two bytes: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/data-api.limitations.html
 */
const MAX_PART_BYTES = 60_000;

/** Collects what an attempt logs until a statement that runs anyway can take it. */
export interface LogBuffer {
  add(line: RawLine): void;
  /** What is not written yet; undefined if that is nothing. The same parts again until they are `written`, and later lines after that. */
  take(): LogParts | undefined;
  /** Everything that is not written yet, for the last statement of the attempt. */
  takeAll(): LogParts | undefined;
  /** The parts that were taken last have been written. */
  written(): void;
}

interface Written {
  readonly part: number;
  readonly lines: number;
  readonly bytes: number;
}

/**
 * A part has its number and its lines for good once it was taken: if the answer to a statement is lost, the same part is written again, and
 * the row that is there already stays.
 */
export function createLogBuffer(): LogBuffer {
  let pending: RawLine[] = [];
  let leftOut = 0;
  let nextPart = 0;
  let unwritten: LogPart[] = [];
  /** The sizes of all parts that are kept, oldest first. */
  let sizes: Written[] = [];

  const cutParts = (): void => {
    const { lines, tooMany } = newestThatFit(pending);
    const gap = leftOut + tooMany;
    const first = lines[0];
    if (gap > 0 && first) lines.unshift(gapLine(gap, first.time));
    pending = [];
    leftOut = 0;
    for (const part of partsOf(lines)) {
      sizes.push({ part: nextPart, lines: part.length, bytes: jsonBytes(part) });
      unwritten.push({ part: nextPart, lines: part });
      nextPart += 1;
    }
  };

  const notWritten = (): LogParts | undefined => {
    const keepFrom = oldestKept(sizes);
    sizes = sizes.filter(({ part }) => part >= keepFrom);
    unwritten = unwritten.filter(({ part }) => part >= keepFrom);
    return unwritten.length > 0 ? { parts: unwritten, keepFrom } : undefined;
  };

  return {
    add(line) {
      pending.push(line);
      if (pending.length <= KEPT_LINES) return;
      pending.shift();
      leftOut += 1;
    },
    take() {
      // While heartbeats fail, the newer lines wait, so that no statement carries more than twice the limit.
      if (unwritten.length === 0) cutParts();
      return notWritten();
    },
    takeAll() {
      cutParts();
      return notWritten();
    },
    written() {
      unwritten = [];
    },
  };
}

/** The last lines that are not more than {@link KEPT_BYTES}, and how many came before. */
function newestThatFit(pending: readonly RawLine[]): { lines: LogLine[]; tooMany: number } {
  const lines: LogLine[] = [];
  let bytes = 0;
  for (const raw of pending.toReversed()) {
    const line = storableLine(raw);
    bytes += jsonBytes(line) + 1;
    if (bytes > KEPT_BYTES && lines.length > 0) break;
    lines.unshift(line);
  }
  return { lines, tooMany: pending.length - lines.length };
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
      bytes = more + 2;
    } else {
      last.push(line);
      bytes += more;
    }
  }
  return parts;
}

/** The bytes of a line's JSON inside a JSON string. */
function escapedBytes(line: LogLine): number {
  return jsonBytes(JSON.stringify(line)) - 2;
}

/** The first part whose later parts do not yet hold as much as is kept. */
function oldestKept(sizes: readonly Written[]): number {
  let lines = 0;
  let bytes = 0;
  for (const size of sizes.toReversed()) {
    lines += size.lines;
    bytes += size.bytes;
    if (lines >= KEPT_LINES || bytes >= KEPT_BYTES) return size.part;
  }
  return sizes[0]?.part ?? 0;
}
