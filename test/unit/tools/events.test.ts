import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readEvents } from '../../../tools/events/read-events.ts';
import { eventsPage } from '../../../tools/events/reference-page.ts';
import { formatted } from '../../../tools/generated-file.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const PAGE = path.join(ROOT, 'docs/reference/events.md');

describe('the reference of the events', () => {
  it('matches the sources: run `npm run documents` after a change', async () => {
    const page = await formatted(PAGE, eventsPage(ROOT));
    expect(readFileSync(PAGE, 'utf8')).toBe(page);
  });

  it('names each event once, in snake case', () => {
    const names = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([^`]+)`/gm)].map(([, name]) => name ?? '');
    expect(names.length).toBeGreaterThan(50);
    expect(names.filter((name) => !/^[a-z]+(_[a-z]+)+$/.test(name))).toEqual([]);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe('the events of a source file', () => {
  it('have the level, the message and the fields of their calls', () => {
    const source = `if (late) ports.log.warn('job_late', "The job's late.", { job_id, since: 1, ...more });
      log.info('job_done', 'Done.');`;
    expect(readEvents('a.ts', source)).toEqual([
      {
        name: 'job_late',
        level: 'warn',
        message: "The job's late.",
        fields: ['job_id', 'since', '…'],
        file: 'a.ts',
      },
      { name: 'job_done', level: 'info', message: 'Done.', fields: [], file: 'a.ts' },
    ]);
  });

  it('do not include what a handler logs', () => {
    expect(readEvents('a.ts', `context.log.info('Resized.', { width }); log.info('Done.');`)).toEqual([]);
  });

  it.each(["log.info(name, 'Done.')", "log.info('job_done', `${what} is done.`)"])(
    'must be literals: %s',
    (call) => {
      expect(() => readEvents('a.ts', `\n${call};`)).toThrow(
        'a.ts:2 logs an event or a message that is not a literal.',
      );
    },
  );
});
