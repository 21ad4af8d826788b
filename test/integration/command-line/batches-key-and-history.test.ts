import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createErrand, type Schema } from 'errand-client';
import { startCloud, type Cloud } from '../../helpers/cloud.ts';
import { commandsFor } from '../../helpers/errand-command.ts';

let cloud: Cloud;
const { errand } = commandsFor(() => cloud.api.url);

beforeAll(async () => {
  // The settings are the same as in documents.test.ts, so that the files share one assembly.
  cloud = await startCloud({ JOB_TIMEOUT: '20', JOB_PREFETCH: '4', WEBHOOK_ALLOWED_HOSTS: 'example.com' });
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

describe('errand webhook-key', () => {
  const keyOf = async (words: string[]): Promise<Schema<'WebhookKey'>> => {
    const { code, output, messages } = await errand(['--json', 'webhook-key', ...words]);
    expect({ code, messages }).toEqual({ code: 0, messages: '' });
    return JSON.parse(output) as Schema<'WebhookKey'>;
  };

  it('shows the key, rotates it, and prevents an accidental second rotation', async () => {
    const first = await keyOf([]);
    expect(first).toMatchObject({ generation: 1, previous_until: null });
    const { output } = await errand(['webhook-key']);
    expect(output).toContain(first.key);

    const second = await keyOf(['rotate', '--overlap', '1h']);
    expect(second).toMatchObject({ generation: 2 });
    expect(Date.parse(second.previous_until ?? '') - Date.parse(second.rotate_time ?? '')).toBe(3_600_000);
    // The test repeats the command, as if the first response had been lost.
    const again = await errand(['webhook-key', 'rotate']);
    expect(again).toMatchObject({ code: 2, output: '' });
    expect(again.messages).toMatch(/the key was rotated at .* --generation 1 .* --generation 2/);
    expect(await keyOf([])).toEqual(second);

    expect(await keyOf(['rotate', '--generation', '1', '--overlap', '0s'])).toEqual({
      ...second,
      previous_until: null,
    });
    expect(await keyOf(['rotate'])).toMatchObject({ generation: 3 });
    expect(await keyOf(['rotate', '--generation', '3'])).toMatchObject({ generation: 4 });
  });

  it.each([
    ['a generation that ended long ago', ['--generation', '1'], /can't be replaced.* \(409\)/],
    ['an invalid overlap', ['--overlap', '1'], /It must be a number with a unit/],
    [
      'an overlap of a month',
      ['--generation', '4', '--overlap', '30d'],
      /overlap_seconds: must be a whole number/,
    ],
  ])('refuses %s', async (_what, words, message) => {
    const { code, output, messages } = await errand(['webhook-key', 'rotate', ...words]);
    expect(messages).toMatch(message);
    expect({ code, output }).toEqual({ code: 2, output: '' });
  });
});

describe('errand history', () => {
  const byType = ['--since', '1h', '--step', '3600', '--by', 'type', '--type', 'sleep', '--queue', 'default'];

  it('shows counts and durations by type, as JSON or as a table', async () => {
    const { job_id: jobId } = await cloud.api.submit({ type: 'sleep', payload: { seconds: 0.1 } });
    const { end_time: endTime } = await cloud.api.finished(jobId);
    const { series, ...range } = JSON.parse(
      (await errand(['--json', 'history', ...byType])).output,
    ) as Schema<'History'>;
    expect(range).toMatchObject({ step: 3_600, group_by: 'type' });
    expect(series.map(({ name }) => name)).toEqual(['sleep']);
    const points = series.flatMap((each) => each.points);
    const hour = `${endTime?.slice(0, 13) ?? ''}:00:00.000Z`;
    const point = points.find(({ time }) => time === hour);
    expect(point).toMatchObject({ accepted: 1, started: 1, succeeded: 1, run_ms: { count: 1 } });
    expect(point?.run_ms?.max).toBeGreaterThanOrEqual(100);

    const [header = '', first = ''] = (await errand(['history', ...byType])).output.split('\n');
    expect(header).toMatch(/^TIME +TYPE +ACCEPTED +SUCCEEDED +FAILED +CANCELED +RETRIED +WAITING P95/);
    expect(first).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z +sleep +1 +1 +0 +0 +0 +[\d.]+ m?s/);
  });

  it('reports if nothing happened', async () => {
    const past = ['--from', '2026-01-05T00:00:00Z', '--to', '2026-01-06T00:00:00Z'];
    expect((await errand(['history', ...past])).output).toBe(
      'Nothing happened from 2026-01-05T00:00:00.000Z to 2026-01-06T00:00:00.000Z.\n',
    );
  });

  it('names the invalid option or parameter', async () => {
    const both = await errand(['history', '--since', '1h', '--from', '2026-01-05T00:00:00Z']);
    expect(both).toMatchObject({ code: 2, messages: 'error: specify either --since or --from\n' });
    const step = await errand(['history', '--step', '7']);
    expect(step.code).toBe(2);
    expect(step.messages).toContain('step: must be a number of seconds: 60, 300, 900, 3600, 86400');
  });
});

describe('errand batch, batches', () => {
  it('show how many jobs are in each state, and wait for the end', async () => {
    const client = createErrand({ url: cloud.api.url });
    const batch = client.batch('of-the-command-line');
    await batch.submitMany([{ type: 'sleep', payload: { seconds: 0 } }]);
    expect((await errand(['batch', batch.batchId, '--wait', '0.1'])).code).toBe(4);
    await batch.close({ onComplete: { type: 'sleep', payload: { seconds: 0 } } });
    const { code, output } = await errand(['batch', batch.batchId, '--wait']);
    expect(code).toBe(0);
    expect(output).toMatch(/status +completed/);
    expect(output).toMatch(/counts +1 success/);
    expect(output).toMatch(/on_complete +sleep [0-9a-f-]{36}/);
    const { output: table } = await errand(['batches', '--limit', '1']);
    expect(table).toMatch(
      /BATCH +STATUS +JOBS +COUNTS +CREATED\nof-the-command-line +completed +1 +1 success/,
    );
  });
});

describe('errand message', () => {
  it('sends messages, and lists them', async () => {
    const sent = await errand(['--json', 'message', 'send', '+905551111111', 'Packed.\nOn its way.']);
    expect(sent.code).toBe(0);
    const { message_id: id } = JSON.parse(sent.output) as Schema<'Message'>;
    const table = await errand(['message', 'list', '--status', 'pending', '--limit', '1']);
    expect(table.output).toMatch(
      new RegExp(`^MESSAGE +STATUS.*\n${id} +pending +\\+905551111111 +\\S+ +Packed. On its way.\n`),
    );
    expect((await errand(['message', 'get', id])).output).toMatch(/^status +pending$/m);
  });
});
