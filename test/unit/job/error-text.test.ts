import { describe, expect, it } from '@jest/globals';
import { textOf } from '../../../lambdas/job/error-text.ts';

/** Creates an error with this stack. */
function errorWith(message: string, stack: string | undefined): Error {
  return Object.defineProperty(new TypeError(message), 'stack', { value: stack });
}

describe('the text of a thrown value', () => {
  it.each([
    ['a string', 'out of paper', 'out of paper'],
    ['a number', 7, '7'],
    ['nothing', undefined, 'undefined'],
    ['an error without a stack', errorWith('out of paper', undefined), 'TypeError: out of paper'],
  ])('is the value as a string: %s', (_what, thrown, text) => {
    expect(textOf(thrown)).toBe(text);
  });

  it('of an error is its stack, with file names relative to the folder of the code', () => {
    const folder = process.cwd();
    const stack = `Error: out of paper\n    at print (${folder}/jobs/print.ts:3:9)\n    at file://${folder}/jobs/index.ts:1:1`;
    expect(textOf(errorWith('out of paper', stack))).toBe(
      'Error: out of paper\n    at print (jobs/print.ts:3:9)\n    at jobs/index.ts:1:1',
    );
  });

  it('of an error has no frames of the worker', () => {
    const stack = [
      'Error: out of paper',
      '    at print (jobs/print.ts:3:9)',
      '    at runAttempt (chunk-ECUG2INN.mjs:10:5)',
      '    at async chunk-ECUG2INN.mjs:12:15',
      '    at async Promise.all (index 0)',
    ].join('\n');
    expect(textOf(errorWith('out of paper', stack))).toBe(
      'Error: out of paper\n    at print (jobs/print.ts:3:9)\n    at async Promise.all (index 0)',
    );
  });

  it('of an error has the first 1,000 characters of a longer message', () => {
    const fits = 'x'.repeat(1_000);
    expect(textOf(errorWith(fits, `Error: ${fits}\n    at a.ts:1:1`))).toBe(
      `Error: ${fits}\n    at a.ts:1:1`,
    );
    expect(textOf(errorWith(`${fits}y`, `Error: ${fits}y\n    at a.ts:1:1`))).toBe(
      `Error: ${fits}…\n    at a.ts:1:1`,
    );
  });

  it('is a placeholder for a value that cannot be converted to a string', () => {
    const throwing = {
      toString() {
        throw new Error('no');
      },
    };
    expect(textOf(throwing)).toBe('The error has no text.');
  });
});
