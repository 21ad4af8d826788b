import { describe, expect, it } from '@jest/globals';
import { Console } from 'node:console';
import { Writable } from 'node:stream';
import type { Log } from '../../../lambdas/job/log.ts';
import { captureConsole } from '../../../lambdas/worker/capture-console.ts';
import { createRecordingJobLog } from '../../helpers/recording-log.ts';

/** Creates a console that records its own output. */
function setUp() {
  const printed: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      printed.push(chunk.toString());
      done();
    },
  });
  const log = createRecordingJobLog();
  const state: { attempt?: Log } = {};
  const captured = new Console({ stdout: stream, stderr: stream });
  captureConsole(captured, () => state.attempt);
  return { console: captured, printed, log, state };
}

describe('the console of a job', () => {
  it.each([
    ['debug', 'debug'],
    ['log', 'info'],
    ['info', 'info'],
    ['warn', 'warn'],
    ['error', 'error'],
  ] as const)('has lines of console.%s with the level %s', (method, level) => {
    const { console, log, state, printed } = setUp();
    state.attempt = log;
    console[method]('%s has %d pages', 'The report', 3, { draft: true });
    expect(log.entries).toMatchObject([{ level, message: 'The report has 3 pages { draft: true }' }]);
    expect(printed).toEqual([]);
  });

  it('has the output of console methods that use other methods', () => {
    const { console, log, state } = setUp();
    state.attempt = log;
    console.table([{ page: 1 }]);
    console.assert(false, 'no page');
    console.count();
    expect(log.entries.map(({ level }) => level)).toEqual(['info', 'warn', 'info']);
    expect(log.entries.map(({ message }) => message).slice(1)).toEqual([
      'Assertion failed: no page',
      'default: 1',
    ]);
  });

  it('has the output of a library that detached a console method', () => {
    const { console, log, state } = setUp();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- like the library
    const { warn } = console;
    state.attempt = log;
    warn('Deprecated.');
    expect(log.entries).toMatchObject([{ level: 'warn', message: 'Deprecated.' }]);
  });

  it('prints as before outside of any attempt', () => {
    const { console, log, printed } = setUp();
    console.log('Loaded %d fonts.', 2);
    expect(printed).toEqual(['Loaded 2 fonts.\n']);
    expect(log.entries).toEqual([]);
  });
});
