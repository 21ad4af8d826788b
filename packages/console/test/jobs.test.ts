import { describe, expect, it } from '@jest/globals';
import { readFilter, toJobFilter, toQuery } from '../src/jobs/filter.ts';
import {
  countNew,
  firstShown,
  withChanges,
  withNewest,
  withOlder,
  type JobPage,
  type JobSummary,
} from '../src/jobs/job-list.ts';
import { suggestionsFor } from '../src/jobs/typed-filter.ts';

const NOW = Date.parse('2026-11-28T12:00:30Z');

const job = (id: string, status: JobSummary['status'] = 'running') => ({ job_id: id, status }) as JobSummary;
const page = (ids: string, next: string | null = 'more'): JobPage => ({
  items: Array.from(ids, (id) => job(id)),
  next_cursor: next,
});
const idsOf = ({ items }: Pick<JobPage, 'items'>) => items.map((each) => each.job_id).join('');

describe('the filter in the URL', () => {
  it('keeps known parameters and drops all others', () => {
    expect(readFilter({ status: 'failed', tag: '', nope: 'x', type: 7 })).toEqual({ status: 'failed' });
  });

  it('becomes the query of the list request', () => {
    const filter = { status: 'failed,canceled', since: '1h', metadata: 'customer:acme:eu', object: '42' };
    expect(toQuery(filter, NOW)).toEqual({
      status: 'failed,canceled',
      object_id: '42',
      metadata: '{"customer":"acme:eu"}',
      created_after: '2026-11-28T11:00:00.000Z',
    });
  });

  it('omits statuses, periods and times that do not exist', () => {
    expect(toJobFilter({ status: 'done', since: '2y', before: 'noon' }, NOW)).toEqual({
      createdBefore: undefined,
    });
  });
});

describe('search text', () => {
  it.each([
    ['tag:customer-42', { tag: 'customer-42' }],
    ['object_id:ord-9', { object: 'ord-9' }],
    ['message:ECONNREFUSED images', { message: 'ECONNREFUSED images' }],
    ['status:fail', { status: 'failed' }],
    ['customer:acme', { metadata: 'customer:acme' }],
    ['failed', { status: 'failed' }],
    ['customer-42', { tag: 'customer-42' }],
  ])('%s is first read as the filter %j', (text, filter) => {
    expect(suggestionsFor(text)[0]?.filter).toEqual(filter);
  });

  it('opens the job if it is a job ID', () => {
    const jobId = '01a22431-ffdd-756b-9290-ea32efafeca9';
    expect(suggestionsFor(` ${jobId.toUpperCase()} `)).toMatchObject([{ jobId }]);
  });

  it('is ignored if it is only spaces', () => {
    expect(suggestionsFor('  ')).toEqual([]);
  });
});

describe('the list of jobs', () => {
  it('puts new rows on top, and keeps older rows that were loaded', () => {
    const shown = withOlder(firstShown(page('fedc')), page('ba', null));
    expect(countNew(shown, page('hgfe'))).toBe(2);
    expect(idsOf(withNewest(shown, page('hgfe')))).toBe('hgfedcba');
  });

  it('loses rows that no longer match, within the range of the newest page', () => {
    const shown = withOlder(firstShown(page('fedc')), page('ba', null));
    expect(idsOf(withNewest(shown, page('fdc')))).toBe('fdcba');
    expect(idsOf(withNewest(shown, page('fa', null)))).toBe('fa');
  });

  it('starts over if more rows arrived than fit on a page', () => {
    expect(withNewest(firstShown(page('ba', 'old')), page('hgfe', 'new'))).toMatchObject({
      nextCursor: 'new',
    });
  });

  it('is unchanged by an empty page that is not the last', () => {
    const shown = firstShown(page('ba'));
    expect(withNewest(shown, page(''))).toBe(shown);
  });

  it('updates rows in place while the reader is about to click', () => {
    const shown = firstShown(page('dcb'));
    const newest = { items: [job('e'), job('c', 'success')], next_cursor: 'more' };
    expect(withChanges(shown, newest).items).toEqual([job('d'), job('c', 'success'), job('b')]);
  });

  it('never contains a row twice', () => {
    expect(idsOf(withOlder(firstShown(page('dcb')), page('ba', null)))).toBe('dcba');
  });
});
