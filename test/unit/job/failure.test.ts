import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  MAX_LOG_BYTES,
  MAX_LOG_LINES,
  MAX_STACK_BYTES,
  rememberLastLines,
  stackOf,
  type Failure,
} from '../../../lambdas/job/failure.ts';
import { createRecordingJobLog } from '../../helpers/recording-log.ts';
import { anyText } from '../../helpers/any-text.ts';

const MOMENT = new Date('2026-11-27T12:00:00Z');

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** What Postgres refuses or JSON writes as six bytes. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:00[01]|d[89a-f])/;

describe('the last lines of a log', () => {
  function linesAfter(...entries: [message: string, fields?: Record<string, unknown>][]): Failure['log'] {
    const log = rememberLastLines(createRecordingJobLog(), () => MOMENT);
    for (const [message, fields] of entries) log.info(message, fields);
    return log.lastLines();
  }
  const fieldsOf = (fields: Record<string, unknown>) => linesAfter(['', fields])[0]?.fields;

  it('are kept with their time, level and fields, and reach the log as well', () => {
    const log = createRecordingJobLog();
    const remembering = rememberLastLines(log, () => MOMENT);
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

  it('are fewer where they are long, and the newest is always there', () => {
    const long = '"'.repeat(100_000);
    const fields = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`field${index}`, long]));
    const lines = linesAfter(
      ...Array.from({ length: 20 }, (_, index): [string, typeof fields] => [`${index} ${long}`, fields]),
    );
    expect(lines.at(-1)?.message).toMatch(/^19 "{900}/);
    expect(bytesOf(lines)).toBeLessThanOrEqual(MAX_LOG_BYTES);
  });

  it('show a field as it was when it was logged', () => {
    const fields = { count: 1 };
    const log = rememberLastLines(createRecordingJobLog(), () => MOMENT);
    log.info('Counting.', fields);
    fields.count = 2;
    expect(log.lastLines()[0]?.fields).toEqual({ count: 1 });
  });

  it('have of an error its name and message, and nothing that a library has put into it', () => {
    const error = Object.assign(new TypeError('fetch failed'), {
      config: { headers: { authorization: 'secret' } },
      toJSON: () => ({ authorization: 'secret' }),
    });
    expect(fieldsOf({ error, nested: { error } })).toEqual({
      error: 'TypeError: fetch failed',
      nested: { error: 'TypeError: fetch failed' },
    });
  });

  it('have a text for what JSON can not say, and cut what is too large', () => {
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

describe('the stack of an error', () => {
  it('names the files from the folder of the code', () => {
    expect(stackOf(new RangeError('too far'))).toMatch(
      /^RangeError: too far\n {4}at .*\(?test\/unit\/job\/failure\.test\.ts:\d+:\d+\)?\n/,
    );
  });

  it("leaves out the worker's own frames", () => {
    const error = new Error('broken');
    const folder = process.cwd();
    error.stack = [
      'Error: broken',
      `    at run (${folder}/jobs/index.ts:1:2)`,
      `    at Object.run (file://${folder}/chunk-ECUG2INN.mjs:2:30069)`,
      `    at async file://${folder}/user-job-types-H2N5AJ3D.mjs:2:1037`,
      `    at async load (${folder}/jobs/chunk.mjs:3:4)`,
    ].join('\n');
    expect(stackOf(error)).toBe(
      'Error: broken\n    at run (jobs/index.ts:1:2)\n    at async load (jobs/chunk.mjs:3:4)',
    );
  });

  it('is followed by those of its causes, and by the errors that it stands for', () => {
    const refused = new Error('connection refused');
    const all = new AggregateError([refused, 'a text'], 'no address answered', { cause: undefined });
    const stack = stackOf(new Error('not sent', { cause: new Error('fetch failed', { cause: all }) })) ?? '';
    expect(stack.split('\n').filter((line) => !line.startsWith('    at '))).toEqual([
      'Error: not sent',
      'Caused by: Error: fetch failed',
      'Caused by: AggregateError: no address answered',
      'One of its errors: Error: connection refused',
      'One of its errors: a text',
    ]);
  });

  it('ends where causes go round in a circle', () => {
    const error = new Error('first');
    error.cause = new Error('second', { cause: error });
    expect(stackOf(error)?.match(/Error: /g)).toHaveLength(2);
  });

  it('keeps frames and causes, however long a message is', () => {
    const stack = stackOf(new Error('x'.repeat(100_000), { cause: new Error('the cause') })) ?? '';
    expect(stack).toContain('x…\n    at ');
    expect(stack).toContain('\nCaused by: Error: the cause\n    at ');
  });

  it('is null for what is no error', () => {
    expect(stackOf('broken')).toBeNull();
    expect(stackOf(undefined)).toBeNull();
  });

  it('can be stored, whatever was thrown', () => {
    const anyError: fc.Arbitrary<Error> = fc.letrec<{ error: Error }>((tie) => ({
      error: fc
        .tuple(
          anyText(20_000),
          fc.oneof({ depthSize: 'small' }, fc.anything(), tie('error')),
          fc.option(fc.oneof(anyText(20_000), fc.anything())),
        )
        .map(([message, cause, stack]) =>
          Object.assign(new Error(message, { cause }), stack === null ? {} : { stack }),
        ),
    })).error;
    fc.assert(
      fc.property(anyError, (error) => {
        const stack = stackOf(error);
        expect(typeof stack).toBe('string');
        expect(bytesOf(stack)).toBeLessThanOrEqual(MAX_STACK_BYTES);
        expect(JSON.stringify(stack)).not.toMatch(UNSTORABLE);
      }),
      { numRuns: 200 },
    );
  });
});
