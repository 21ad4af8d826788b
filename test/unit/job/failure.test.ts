import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_STACK_BYTES, stackOf } from '../../../lambdas/job/failure.ts';
import { anyText } from '../../helpers/any-text.ts';

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

/** Matches JSON's `\uXXXX` escapes for control characters and surrogates. Postgres refuses some of these escapes. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:00[01]|d[89a-f])/;

describe('the stack of an error', () => {
  it('names files relative to the code’s folder', () => {
    expect(stackOf(new RangeError('too far'))).toMatch(
      /^RangeError: too far\n {4}at .*\(?test\/unit\/job\/failure\.test\.ts:\d+:\d+\)?\n/,
    );
  });

  it("omits the worker's own frames", () => {
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

  it('is followed by those of its causes, and of the errors it aggregates', () => {
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

  it('has the first five errors, each with an equal share, however long their stacks are', () => {
    let error: Error | undefined;
    for (const number of [7, 6, 5, 4, 3, 2, 1]) {
      error = new Error(`number ${number}`, { cause: error });
      error.stack = `Error: number ${number}\n${'    at print (print.ts:3:9)\n'.repeat(400)}`;
    }
    const stack = stackOf(error) ?? '';
    expect(stack.match(/number \d/g)).toEqual(['number 1', 'number 2', 'number 3', 'number 4', 'number 5']);
  });

  it('terminates if causes form a circle', () => {
    const error = new Error('first');
    error.cause = new Error('second', { cause: error });
    expect(stackOf(error)?.match(/Error: /g)).toHaveLength(2);
  });

  it('keeps frames and causes, however long a message is', () => {
    const stack = stackOf(new Error('x'.repeat(100_000), { cause: new Error('the cause') })) ?? '';
    expect(stack).toContain('x…\n    at ');
    expect(stack).toContain('\nCaused by: Error: the cause\n    at ');
  });

  it('is null for anything but an error', () => {
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
