import { describe, expect, it } from '@jest/globals';
import { createLog } from '../../../lambdas/adapters/system.ts';

function createSink() {
  const lines: [level: string, entry: unknown][] = [];
  const write =
    (level: string) =>
    (entry: unknown): void => {
      lines.push([level, entry]);
    };
  const sink = { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
  return { lines, log: createLog(sink) };
}

describe('the log', () => {
  it('writes one object for each entry, with its level', () => {
    const { lines, log } = createSink();
    log.debug('it_happened', 'a');
    log.info('it_happened', 'b', { job_id: '1' });
    log.warn('it_happened', 'c', { count: 2 });
    log.error('it_happened', 'd', {});
    expect(lines).toEqual([
      ['debug', { event: 'it_happened', message: 'a' }],
      ['info', { event: 'it_happened', message: 'b', job_id: '1' }],
      ['warn', { event: 'it_happened', message: 'c', count: 2 }],
      ['error', { event: 'it_happened', message: 'd' }],
    ]);
  });

  it('writes an error with its causes, outermost first', () => {
    const { lines, log } = createSink();
    const root = new RangeError('too far');
    log.error('it_happened', 'It failed.', {
      error: new Error('no use', { cause: new TypeError('wrong', { cause: root }) }),
    });
    const [, entry] = lines[0] ?? [];
    expect(entry).toMatchObject({
      message: 'It failed.',
      error: [
        { name: 'Error', message: 'no use' },
        { name: 'TypeError', message: 'wrong' },
        { name: 'RangeError', message: 'too far', stack: root.stack },
      ],
    });
  });

  it('terminates if an error is its own cause', () => {
    const { lines, log } = createSink();
    const error = new Error('circle');
    error.cause = error;
    log.error('it_happened', 'It failed.', { error });
    expect((lines[0]?.[1] as { error: unknown[] }).error).toHaveLength(5);
  });

  it('writes an error in a field without a library’s additional properties', () => {
    const { lines, log } = createSink();
    const request = { headers: { authorization: 'secret' } };
    const error = Object.assign(new Error('refused'), { request, toJSON: () => request });
    log.warn('it_happened', 'It failed.', { errors: [error], count: 1n, last: { error, at: new Date(0) } });
    expect(lines).toEqual([
      [
        'warn',
        {
          event: 'it_happened',
          message: 'It failed.',
          errors: ['Error: refused'],
          count: 1n,
          last: { error: 'Error: refused', at: '1970-01-01T00:00:00.000Z' },
        },
      ],
    ]);
  });

  it('writes a placeholder for a value that JSON cannot express', () => {
    const { lines, log } = createSink();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    log.info('it_happened', 'Round.', { circle });
    expect(lines).toEqual([['info', { event: 'it_happened', message: 'Round.', circle: '[object]' }]]);
  });

  it('writes values that are not errors unchanged', () => {
    const { lines, log } = createSink();
    log.warn('it_happened', 'It failed.', { error: 'a text', nothing: null });
    expect(lines).toEqual([
      ['warn', { event: 'it_happened', message: 'It failed.', error: 'a text', nothing: null }],
    ]);
  });
});
