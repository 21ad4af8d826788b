import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import { runCommand } from '../../../bin/command-line/program.ts';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';

let cloud: Cloud;

beforeAll(async () => {
  cloud = await startCloud({ JOB_TIMEOUT: '20' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Runs a command, and returns its output. */
async function errand(words: string[], columns?: number): Promise<string> {
  let output = '';
  await runCommand(words, {
    environment: { ERRAND_URL: cloud.api.url },
    output: (answer) => (output += `${answer}\n`),
    columns,
    messages: { write: (line) => process.stderr.write(line) },
    readInput: () => Promise.resolve(''),
    setExitCode: () => undefined,
  });
  return output;
}

describe('errand list', () => {
  const tag = 'of-the-command-line';
  const failing = ['submit', '--payload', '{"seconds":9}', '--timeout', '1', '--max-attempts', '1'];

  beforeAll(async () => {
    const about = ['--tag', tag, '--tag', 'another', '--metadata', 'customer=acme', '--metadata', 'note=a=b'];
    await errand([...failing, ...about, '--wait']);
    await errand(['submit', '--delay', '600', '--tag', tag]);
  });

  it('finds jobs by tags, metadata, state, time and message', async () => {
    const jobs = async (...words: string[]): Promise<Schema<'JobSummary'>[]> =>
      (JSON.parse(await errand(['--json', 'list', ...words])) as Schema<'JobPage'>).items;
    const [failed] = await jobs('--tag', tag, '--status', 'failed,canceled');
    expect(failed).toMatchObject({
      tags: [tag, 'another'],
      metadata: { customer: 'acme', note: 'a=b' },
    });
    const values = ['--metadata', 'customer=acme', '--metadata', 'note=a=b'];
    for (const words of [values, ['--message', 'TIME', '--since', '1h'], ['--tag', 'another']]) {
      expect(await jobs('--tag', tag, ...words)).toMatchObject([{ job_id: failed?.job_id }]);
    }
    expect(await jobs('--tag', tag, '--order', 'asc')).toMatchObject([
      { status: 'failed' },
      { status: 'created' },
    ]);
    expect(await jobs('--tag', tag, '--limit', '1')).toMatchObject([{ status: 'created' }]);
    expect(await jobs('--tag', tag, '--created-before', '2020-01-01T00:00:00Z')).toEqual([]);
  });

  it('shows why a job failed, cut to the width of the terminal', async () => {
    const whole = await errand(['list', '--tag', tag, '--status', 'failed']);
    const [header = '', row = ''] = whole.split('\n');
    expect(header).toMatch(/CREATED +MESSAGE$/);
    const message = row.slice(header.indexOf('MESSAGE'));
    expect(message.length).toBeGreaterThan(20);
    const narrow = await errand(['list', '--tag', tag, '--status', 'failed'], 100);
    const shown = (narrow.split('\n')[1] ?? '').slice(header.indexOf('MESSAGE'));
    expect(shown).toBe(`${message.slice(0, 19)}…`);
  });
});
