import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { commandsFor } from '../../helpers/errand-command.ts';

const UNKNOWN = '01900000-0000-7000-8000-000000000000';

let cloud: Cloud;
const { errand, job } = commandsFor(() => cloud.api.url);

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

describe('errand cancel, retry and delete with filters', () => {
  const tag = `bulk-${randomUUID()}`;

  it('change the matching jobs', async () => {
    for (let each = 0; each < 2; each += 1) await job(['submit', '--delay', '600', '--tag', tag]);
    expect(await errand(['cancel', '--tag', tag, '--dry-run'])).toMatchObject({
      code: 0,
      output: '2 jobs\n',
    });
    const canceled = await job(['cancel', '--tag', tag, '--since', '1h', '--yes', '--wait']);
    expect(canceled).toMatchObject({ code: 0, job: { type: 'bulk', result: { matched: 2, changed: 2 } } });
    const retried = await job(['retry', '--tag', tag, '--status', 'canceled,failed', '--wait']);
    expect(retried.job).toMatchObject({
      payload: { action: 'retry', filter: { tag, status: ['failed', 'canceled'] } },
      result: { matched: 2, changed: 2, skipped: 0 },
    });
  });

  it('ask the user to confirm a cancellation or a deletion', async () => {
    const { job: own } = await job(['submit', '--delay', '600', '--tag', `${tag}-2`]);
    const refused = await errand(['cancel', '--tag', `${tag}-2`]);
    expect(refused).toMatchObject({
      code: 2,
      messages: 'error: this would cancel 1 job: add --yes to confirm\n',
    });
    const questions: string[] = [];
    const answering = (answer: string) => (question: string) => {
      questions.push(question);
      return Promise.resolve(answer);
    };
    const cancel = ['--json', 'cancel', '--tag', `${tag}-2`];
    expect(await errand(cancel, '', {}, answering('n'))).toMatchObject({
      code: 2,
      messages: 'error: nothing was changed\n',
    });
    expect((await job(['get', own.job_id])).job.status).toBe('created');
    expect(await errand(cancel, '', {}, answering('y'))).toMatchObject({ code: 0, messages: '' });
    expect(questions).toEqual(['cancel 1 job? [y/N] ', 'cancel 1 job? [y/N] ']);
  });

  it.each([
    [['retry'], 'specify the id of a job, or filters such as --status or --type, or --all'],
    [['delete'], 'specify filters such as --status or --type, or --all'],
    [['retry', '--all', '--tag', 'a'], 'specify the id of a job, or filters'],
    [
      ['cancel', UNKNOWN, '--tag', 'a'],
      `specify either the id of a job, or filters: errand cancel ${UNKNOWN}`,
    ],
    [['retry', '--status', 'success'], 'must not have success'],
  ])('refuse %j', async (words, message) => {
    const { code, messages } = await errand(words);
    expect(code).toBe(2);
    expect(messages).toContain(message);
  });
});
