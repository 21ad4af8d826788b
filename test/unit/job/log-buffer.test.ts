import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createLogBuffer,
  KEPT_BYTES,
  KEPT_LINES,
  MAX_PART_BYTES,
  type LogBuffer,
  type LogParts,
} from '../../../lambdas/job/log-buffer.ts';
import { jsonBytes, type LogLine } from '../../../lambdas/job/log-line.ts';

/** Returns a job's nth log line. When the line is JSON inside a JSON string, its message is about `length` bytes long. */
function logLine(index: number, length = 0): LogLine {
  const message = `${index} ${'"'.repeat(length / 4)}`;
  return { time: '2026-11-28T12:00:00.000Z', level: 'info', message, fields: {} };
}

const indexOf = ({ message }: LogLine): number => Number(message.split(' ')[0]);
const isGap = ({ fields }: LogLine): boolean => 'left_out' in fields;

/** Creates a table for one attempt's log rows. Writes have the same effect as the SQL statements. */
function createTable() {
  const rows = new Map<number, LogLine[]>();
  return {
    rows,
    write({ parts, keepFrom }: LogParts) {
      for (const { part, lines } of parts) if (!rows.has(part)) rows.set(part, lines);
      for (const part of rows.keys()) if (part < keepFrom) rows.delete(part);
    },
    /** Returns all lines, in the order of the parts. */
    lines: () => [...rows].toSorted(([one], [other]) => one - other).flatMap(([, lines]) => lines),
  };
}

type Step =
  | { step: 'log'; lines: number; length: number }
  /** A heartbeat. The write may fail, or the response may be lost. */
  | { step: 'beat'; isWritten: boolean; isAnswered: boolean };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    step: fc.constant('log' as const),
    lines: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 150, max: 450 })),
    length: fc.constantFrom(0, 100, 2_000, 9_000),
  }),
  fc
    .constantFrom([true, true], [true, false], [false, false])
    .map(([isWritten = false, isAnswered = false]) => ({ step: 'beat' as const, isWritten, isAnswered })),
);

/** Runs the steps, and then records the attempt. @returns the table and all logged lines */
function run(steps: readonly Step[]) {
  const buffer = createLogBuffer();
  const table = createTable();
  const logged: LogLine[] = [];
  for (const step of steps) {
    if (step.step === 'log') {
      for (let line = 0; line < step.lines; line += 1) {
        const next = logLine(logged.length, step.length);
        logged.push(next);
        buffer.add(next);
      }
      continue;
    }
    const taken = buffer.take();
    if (taken && step.isWritten) table.write(taken);
    if (step.isAnswered) buffer.written();
  }
  const last = buffer.takeAll();
  if (last) table.write(last);
  return { table, logged };
}

describe('the log of an attempt, however its heartbeats end', () => {
  const anySteps = fc.array(anyStep, { maxLength: 12 });

  it('has the last lines in order, each once, and shows where and how many are missing', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { table, logged } = run(steps);
        let next: number | undefined;
        for (const line of table.lines()) {
          if (isGap(line)) {
            if (next !== undefined) next += Number(line.fields.left_out);
            continue;
          }
          expect(indexOf(line)).toBe(next ?? indexOf(line));
          next = indexOf(line) + 1;
        }
        expect(next ?? 0).toBe(logged.length);
      }),
    );
  });

  it('accounts for every line if no part was deleted', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { table, logged } = run(steps);
        fc.pre(table.rows.size === 0 || table.rows.has(0));
        const counts = table.lines().map((line) => (isGap(line) ? Number(line.fields.left_out) : 1));
        expect(counts.reduce((sum, count) => sum + count, 0)).toBe(logged.length);
      }),
    );
  });

  it(`has at least the last ${KEPT_LINES} lines or ${KEPT_BYTES} bytes, and not much more`, () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const { table, logged } = run(steps);
        const stored = table.lines().filter((line) => !isGap(line));
        const sinceLastGap = table.lines().slice(table.lines().findLastIndex(isGap) + 1);
        const bytesOf = (lines: readonly LogLine[]): number =>
          lines.reduce((sum, line) => sum + jsonBytes(line), 0);
        expect(
          sinceLastGap.length === logged.length ||
            sinceLastGap.length >= KEPT_LINES ||
            bytesOf(sinceLastGap) >= KEPT_BYTES ||
            // Stored lines from before the last gap count too.
            stored.length >= KEPT_LINES ||
            bytesOf(stored) >= KEPT_BYTES,
        ).toBe(true);
        expect(bytesOf(stored)).toBeLessThan(4 * KEPT_BYTES);
      }),
    );
  });

  it('consists of parts that each fit a row of a response', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        for (const lines of run(steps).table.rows.values()) {
          expect(jsonBytes(JSON.stringify(lines))).toBeLessThanOrEqual(MAX_PART_BYTES);
        }
      }),
    );
  });
});

describe('a log buffer', () => {
  it('has nothing to write if nothing was logged', () => {
    const buffer = createLogBuffer();
    expect(buffer.take()).toBeUndefined();
    expect(buffer.takeAll()).toBeUndefined();
  });

  it('returns a part unchanged until it was written, and holds back later lines', () => {
    const buffer = createLogBuffer();
    buffer.add(logLine(0));
    const first = buffer.take();
    buffer.add(logLine(1));
    expect(buffer.take()).toEqual(first);
    buffer.written();
    expect(buffer.take()).toEqual({ parts: [{ part: 1, lines: [logLine(1)] }], keepFrom: 0 });
  });

  it('keeps an attempt’s last lines for the next heartbeat if they were taken during a heartbeat', () => {
    const buffer = createLogBuffer();
    buffer.add(logLine(0));
    buffer.take();
    buffer.add(logLine(1));
    expect(buffer.takeAll()?.parts.map(({ part }) => part)).toEqual([0, 1]);
    buffer.written();
    // The attempt has ended, but its outcome is recorded only when the batch's other jobs have ended.
    expect(buffer.take()).toEqual({ parts: [{ part: 1, lines: [logLine(1)] }], keepFrom: 0 });
  });

  it('ignores lines after the end of the attempt', () => {
    const buffer = createLogBuffer();
    buffer.add(logLine(0));
    const last = buffer.takeAll();
    buffer.add(logLine(1));
    expect(buffer.take()).toEqual(last);
    buffer.written();
    expect(buffer.take()).toBeUndefined();
  });

  it('does not change the parts that a statement has taken', () => {
    const buffer = createLogBuffer();
    buffer.add(logLine(0));
    const taken = buffer.take();
    buffer.add(logLine(1));
    buffer.takeAll();
    expect(taken?.parts).toHaveLength(1);
  });

  it.each([
    [201, '1 earlier line was left out here: the job logged too much at once.'],
    [250, '50 earlier lines were left out here: the job logged too much at once.'],
  ])('reports how many of %s lines it omitted', (lines, message) => {
    const buffer = createLogBuffer();
    for (let index = 0; index < lines; index += 1) buffer.add(logLine(index));
    const stored = buffer.takeAll()?.parts.flatMap((part) => part.lines) ?? [];
    expect(stored).toHaveLength(KEPT_LINES + 1);
    expect(stored[0]).toMatchObject({ level: 'warn', message, fields: { left_out: lines - KEPT_LINES } });
  });
});

/** Returns a line whose JSON has exactly `bytes` bytes. */
function lineOfBytes(index: number, bytes: number): LogLine {
  const line = logLine(index);
  return { ...line, message: line.message + 'x'.repeat(bytes - jsonBytes(line)) };
}

function addTo(buffer: LogBuffer, lines: readonly LogLine[]): void {
  for (const line of lines) buffer.add(line);
}

/** Takes the buffer's parts, as a heartbeat that writes them. */
function write(buffer: LogBuffer): LogParts | undefined {
  const taken = buffer.take();
  buffer.written();
  return taken;
}

const lines = (count: number, length = 0): LogLine[] =>
  Array.from({ length: count }, (_, index) => logLine(index, length));

describe('the parts of an attempt’s log', () => {
  it.each([
    [MAX_PART_BYTES, 1],
    [MAX_PART_BYTES + 1, 2],
  ])('hold at most 60,000 bytes each: two lines of %s bytes need %s', (bytes, parts) => {
    const first = lineOfBytes(0, 30_000);
    const rest = bytes - jsonBytes(JSON.stringify([first, logLine(1)])) + jsonBytes(logLine(1));
    const both = [first, lineOfBytes(1, rest)];
    expect(jsonBytes(JSON.stringify(both))).toBe(bytes);
    const buffer = createLogBuffer();
    addTo(buffer, both);
    expect(buffer.takeAll()?.parts).toHaveLength(parts);
  });

  it(`are discarded once ${KEPT_LINES} later lines exist`, () => {
    const buffer = createLogBuffer();
    addTo(buffer, lines(1));
    write(buffer);
    addTo(buffer, lines(KEPT_LINES - 1));
    expect(write(buffer)?.keepFrom).toBe(0);
    addTo(buffer, lines(1));
    expect(write(buffer)?.keepFrom).toBe(1);
    addTo(buffer, lines(1));
    expect(write(buffer)?.keepFrom).toBe(1);
  });

  it('are kept by the number of logged lines, without the notice about omitted lines', () => {
    const buffer = createLogBuffer();
    addTo(buffer, lines(KEPT_LINES + 1, 300));
    const [first, second] = write(buffer)?.parts ?? [];
    expect(first?.lines.filter(isGap)).toHaveLength(1);
    addTo(buffer, lines(KEPT_LINES - (second?.lines.length ?? 0)));
    expect(buffer.take()?.keepFrom).toBe(1);
  });

  it.each([
    [KEPT_BYTES - 1, 0],
    [KEPT_BYTES, 1],
  ])('are discarded once later lines have 64 KiB: %s bytes', (bytes, keepFrom) => {
    const buffer = createLogBuffer();
    addTo(buffer, lines(1));
    write(buffer);
    addTo(buffer, [lineOfBytes(1, KEPT_BYTES / 2), lineOfBytes(2, bytes - KEPT_BYTES / 2)]);
    expect(buffer.take()?.keepFrom).toBe(keepFrom);
  });

  it('are not returned if later lines have already replaced them', () => {
    const buffer = createLogBuffer();
    addTo(buffer, lines(1));
    buffer.take();
    addTo(buffer, lines(KEPT_LINES));
    expect(buffer.takeAll()?.parts.map(({ part }) => part)).toEqual([1]);
  });

  it.each([
    [KEPT_BYTES - 1, 3],
    [KEPT_BYTES, 2],
  ])('contain the lines up to the one that reaches 64 KiB: after %s bytes', (bytes, count) => {
    const buffer = createLogBuffer();
    const both = [lineOfBytes(1, KEPT_BYTES / 2), lineOfBytes(2, bytes - KEPT_BYTES / 2)];
    addTo(buffer, [logLine(0), ...both]);
    const stored = buffer.takeAll()?.parts.flatMap((part) => part.lines) ?? [];
    expect(stored.filter((line) => !isGap(line))).toHaveLength(count);
    expect(stored.filter(isGap).map(({ fields }) => fields.left_out)).toEqual(count === 2 ? [1] : []);
  });
});

describe('the log of an attempt that was suspended', () => {
  it('keeps its earlier parts until enough later lines exist', () => {
    const table = createTable();
    const logged: LogLine[] = [];
    /** Logs `count` lines in another invocation of the attempt. */
    const logLines = (count: number): void => {
      const buffer = createLogBuffer(Math.max(-1, ...table.rows.keys()) + 1);
      for (let line = 0; line < count; line += 1) {
        const next = logLine(logged.length);
        logged.push(next);
        buffer.add(next);
      }
      const parts = buffer.takeAll();
      if (parts) table.write(parts);
    };
    for (let invocation = 0; invocation < 150; invocation += 1) logLines(1);
    expect(table.lines()).toEqual(logged);
    logLines(0);
    logLines(100);
    expect(table.lines()).toEqual(logged.slice(-200));
    logLines(KEPT_LINES);
    expect(table.lines()).toEqual(logged.slice(-KEPT_LINES));
  });
});
