import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Schema } from 'errand-client';
import { allOf, type ApiClient, type JobView, type ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { commandsFor } from '../helpers/errand-command.ts';

let cloud: Cloud;
let api: ApiClient;
const { errand } = commandsFor(() => cloud.api.url);

beforeAll(async () => {
  cloud = await startCloud({ JOBS: 'test/jobs-files/steps.ts' });
  api = cloud.api;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

async function suspended(type: string, payload: unknown): Promise<JobView> {
  const { job_id: jobId } = await api.submit({ type, payload });
  return api.untilJob(jobId, ({ waiting_for: waits }) => waits !== null);
}

async function signal(jobId: string, name: string, body: unknown) {
  return api.call<ProblemView>('POST', `/v1/jobs/${jobId}/signals/${name}`, body);
}

describe('a job that waits for a signal', () => {
  it('shows the wait, accepts only the signals that its type declares, and then continues', async () => {
    const job = await suspended('decide', {});
    expect(job).toMatchObject({ status: 'created', attempt: 1, max_duration_seconds: 7200 });
    expect(job.waiting_for).toEqual([
      {
        ...{ step: 'decision', kind: 'signal', signal: 'decision', child_job_id: null, children: null },
        until: expect.stringMatching(/^2/),
      },
    ]);
    expect((await signal(job.job_id, 'decisoin', {})).body).toMatchObject({
      ...{ type: 'urn:errand:problem:invalid-request', status: 400 },
      errors: [
        {
          field: 'name',
          message: '"decisoin" is not a signal of the job type "decide"; its signals are decision, stop',
        },
      ],
    });
    const misfit = await signal(job.job_id, 'decision', { payload: { amount: 101 } });
    expect(misfit.status).toBe(422);
    expect(misfit.body.errors?.map(({ field }) => field).sort()).toEqual(['payload.amount', 'payload.by']);

    const payload = { by: 'Ada', amount: 7 };
    const accepted = await signal(job.job_id, 'decision', { payload, key: 'k' });
    expect(accepted).toMatchObject({ status: 202, body: { key: 'k', deduplicated: false } });
    const ended = await api.finished(job.job_id);
    expect(ended).toMatchObject({ status: 'success', attempt: 1, result: payload, waiting_for: null });
    expect((await signal(job.job_id, 'stop', {})).body).toMatchObject({
      ...{ status: 409, type: 'urn:errand:problem:state-conflict' },
      detail: `Job ${job.job_id} has already ended (success), so it can't receive a signal.`,
    });
  });

  it('accepts a signal from the command line, which also shows its steps', async () => {
    const { output } = await errand(['--json', 'submit', 'decide', '{}', '--max-duration', '90m']);
    const { job_id: jobId, max_duration_seconds: limit } = JSON.parse(output) as JobView;
    expect(limit).toBe(5400);
    await api.untilJob(jobId, ({ waiting_for: waits }) => waits !== null);
    const shown = await errand(['steps', jobId]);
    expect(shown.output).toMatch(
      /^STEP +KIND +STATUS .*\ndecision +signal +waiting +0 +2\S+ +until 2\S+ +-\n/,
    );
    expect(await errand(['signal', jobId, 'decision', '{"by":'])).toMatchObject({
      code: 2,
      messages: expect.stringContaining('the payload must be JSON, @file or @-'),
    });
    const sent = await errand(
      ['--json', 'signal', jobId, 'decision', '@-', '--key', 'k'],
      '{"by":"Ada","amount":1}',
    );
    expect(JSON.parse(sent.output)).toEqual({
      job_id: jobId,
      name: 'decision',
      key: 'k',
      deduplicated: false,
    });
    expect(await api.finished(jobId)).toMatchObject({ result: { by: 'Ada', amount: 1 } });
  });
});

describe('a job with children', () => {
  it('lists them, and the children name their parent', async () => {
    const payload = { numbers: [1, 2, 3] };
    const { job_id: jobId } = await api.submit({ type: 'double-all', payload });
    expect(await api.finished(jobId)).toMatchObject({ status: 'success', result: [2, 4, 6] });

    const first = await api.call<Schema<'JobPage'>>('GET', `/v1/jobs/${jobId}/children?limit=2&order=asc`);
    const cursor = first.body.next_cursor ?? '';
    const rest = await api.call<Schema<'JobPage'>>(
      'GET',
      `/v1/jobs?parent_job_id=${jobId}&limit=2&order=asc&cursor=${cursor}`,
    );
    const children = [...first.body.items, ...rest.body.items];
    expect(children).toHaveLength(3);
    for (const child of children)
      expect(child).toMatchObject({ type: 'double', status: 'success', parent_job_id: jobId });

    const ids = (found: readonly Schema<'JobSummary'>[]) => found.map(({ job_id: id }) => id).sort();
    expect(ids(await allOf(api.errand.children(jobId, { status: 'success' })))).toEqual(ids(children));
    expect(await allOf(api.errand.children(jobId, { status: ['failed', 'created'] }))).toEqual([]);
    expect(ids(await allOf(api.errand.list({ parentJobId: jobId })))).toEqual(ids(children));
    for (const words of [
      ['children', jobId],
      ['list', '--parent', jobId],
    ]) {
      const { output } = await errand(words);
      for (const id of ids(children)) expect(output).toContain(id);
    }
  });

  it('lists its steps page by page', async () => {
    const { job_id: jobId } = await api.submit({ type: 'double-all', payload: { numbers: [4] } });
    await api.finished(jobId);
    const steps = await allOf(api.errand.steps(jobId));
    expect(steps).toMatchObject([
      { step: 'double', kind: 'map', status: 'success', result: [8], result_bytes: 3 },
    ]);
    const page = await api.call<Schema<'StepPage'>>('GET', `/v1/jobs/${jobId}/steps?limit=1`);
    expect(page.body).toMatchObject({ items: steps, limit: 1, next_cursor: null });
    const wrong = await api.call<ProblemView>('GET', `/v1/jobs/${jobId}/steps?cursor=x`);
    expect(wrong.body.errors).toMatchObject([{ field: 'cursor' }]);
  });
});

describe('a scheduled job', () => {
  it('has the maximum duration of its type', async () => {
    const job = { type: 'decide', payload: {} };
    const put = await api.call<Schema<'Schedule'>>('PUT', '/v1/schedules/decide', { rate: '1 day', job });
    expect(put.body.job.max_duration_seconds).toBe(7200);
    const own = { ...job, max_duration_seconds: 60 };
    const again = await api.call<Schema<'Schedule'>>('PUT', '/v1/schedules/decide', {
      rate: '1 day',
      job: own,
    });
    expect(again.body.job.max_duration_seconds).toBe(60);
  });

  it('has it in a batch too', async () => {
    const batch = { id: 'decide', on_complete: { type: 'decide', payload: {} } };
    const { status } = await api.call('POST', '/v1/jobs/batch', {
      jobs: [{ payload: { seconds: 0 } }],
      batch,
    });
    expect(status).toBe(200);
    const done = await api.call<Schema<'Batch'>>('GET', '/v1/batches/decide?wait=20');
    const jobId = done.body.on_complete?.job_id ?? '';
    expect(await api.job(jobId)).toMatchObject({ type: 'decide', max_duration_seconds: 7200 });
  });
});
