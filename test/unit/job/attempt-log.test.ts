import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  createAttemptLog,
  MAX_LOG_BYTES,
  MAX_LOG_LINES,
  type AttemptLog,
} from '../../../lambdas/job/attempt-log.ts';
import type { Failure } from '../../../lambdas/job/failure.ts';
import { createLogBuffer } from '../../../lambdas/job/log-buffer.ts';
import type { LogLine } from '../../../lambdas/job/log-line.ts';
import type { Log } from '../../../lambdas/job/log.ts';
import { createRecordingJobLog } from '../../helpers/recording-log.ts';
import { anyText } from '../../helpers/any-text.ts';

const MOMENT = new Date('2026-11-27T12:00:00Z');

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Matches JSON's `\uXXXX` escapes for control characters and surrogates. Postgres refuses some of these escapes. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:00[01]|d[89a-f])/;

function rememberLastLines(log: Log): Log & Pick<AttemptLog, 'lastLines'> {
  const { lastLines, ...logs } = createAttemptLog(
    { log, console: createRecordingJobLog() },
    createLogBuffer(),
    () => MOMENT,
  );
  return { ...logs.log, lastLines };
}

it('each line is added to the log of the job', () => {
  const added: LogLine[] = [];
  const { log, console } = createAttemptLog(
    { log: createRecordingJobLog(), console: createRecordingJobLog() },
    { add: (line) => added.push(line) },
    () => MOMENT,
  );
  log.error('Broken.', { page: 1 });
  console.info('Printed.');
  const time = MOMENT.toISOString();
  expect(added).toEqual([
    { time, level: 'error', message: 'Broken.', fields: { page: 1 } },
    { time, level: 'info', message: 'Printed.', fields: {} },
  ]);
});

describe('the last lines of a log', () => {
  function linesAfter(...entries: [message: string, fields?: Record<string, unknown>][]): Failure['log'] {
    const log = rememberLastLines(createRecordingJobLog());
    for (const [message, fields] of entries) log.info(message, fields);
    return log.lastLines();
  }
  const fieldsOf = (fields: Record<string, unknown>) => linesAfter(['', fields])[0]?.fields;

  it('are kept with their time, level and fields, and are also written to the log', () => {
    const log = createRecordingJobLog();
    const remembering = rememberLastLines(log);
    remembering.warn('Slow.', { seconds: 3, page: undefined });
    remembering.debug('Done.');
    const time = MOMENT.toISOString();
    expect(remembering.lastLines()).toEqual([
      { time, level: 'warn', message: 'Slow.', fields: { seconds: 3 } },
      { time, level: 'debug', message: 'Done.', fields: {} },
    ]);
    expect(log.entries.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'Slow.'],
      ['debug', 'Done.'],
    ]);
  });

  it(`are the last ${MAX_LOG_LINES}`, () => {
    const lines = linesAfter(...Array.from({ length: 50 }, (_, index): [string] => [`line ${index}`]));
    expect(lines.map(({ message }) => message)).toEqual(
      Array.from({ length: MAX_LOG_LINES }, (_, index) => `line ${50 - MAX_LOG_LINES + index}`),
    );
  });

  it('are fewer if they are long, but always include the newest', () => {
    const long = '"'.repeat(100_000);
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field${index}`, long]));
    const lines = linesAfter(
      ...Array.from({ length: 20 }, (_, index): [string, typeof fields] => [`${index} ${long}`, fields]),
    );
    expect(lines.at(-1)?.message).toMatch(/^19 "{900}/);
    expect(bytesOf(lines)).toBeLessThanOrEqual(MAX_LOG_BYTES);
  });

  it('show a field’s value at the time of logging', () => {
    const fields = { count: 1 };
    const log = rememberLastLines(createRecordingJobLog());
    log.info('Counting.', fields);
    fields.count = 2;
    expect(log.lastLines()[0]?.fields).toEqual({ count: 1 });
  });

  it('contain an error’s name and message, but no additional properties', () => {
    const error = Object.assign(new TypeError('fetch failed'), {
      config: { headers: { authorization: 'secret' } },
      toJSON: () => ({ authorization: 'secret' }),
    });
    expect(fieldsOf({ error, nested: { error } })).toEqual({
      error: 'TypeError: fetch failed',
      nested: { error: 'TypeError: fetch failed' },
    });
  });

  it('have a string for values that JSON cannot express, and cut large values', () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const { large, ...fields } =
      fieldsOf({ circle, big: 1n, run: () => 1, large: ['x'.repeat(1_000)] }) ?? {};
    expect(fields).toEqual({ circle: '[object]', big: '[bigint]', run: 'function' });
    expect(large).toMatch(/^\["x{400,500}$/);
  });

  it('can be stored, whatever was logged', () => {
    const longText = anyText(3_000);
    const anyFields = fc.dictionary(
      longText,
      fc.oneof(fc.anything({ withBigInt: true, withDate: true }), longText),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(longText, anyFields), { minLength: 1, maxLength: 30 }), (entries) => {
        const lines = linesAfter(...entries);
        expect(lines.length).toBeGreaterThan(0);
        expect(bytesOf(lines)).toBeLessThanOrEqual(MAX_LOG_BYTES);
        expect(JSON.stringify(lines)).not.toMatch(UNSTORABLE);
      }),
      { numRuns: 200 },
    );
  });
});
