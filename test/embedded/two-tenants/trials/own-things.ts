import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { JobView, ProblemView, SubmittedView } from '../../../helpers/api-client.ts';
import { sql } from '../../../helpers/embedded.ts';
import { fire } from '../../../helpers/firings.ts';
import { sendForm, type UploadView } from '../../../helpers/upload.ts';
import type { Tenant } from '../tenant.ts';
import type { Trial } from '../side-effects.ts';
import { SHARED_TAG } from '../world.ts';

export const FILES: Trial = {
  title: 'an upload form and a job’s file access only their own tenant’s files',
  async attack(attacker, { cloud, victim }) {
    const form = await attacker.post<UploadView>('/v1/uploads');
    const ownFolder = `uploads/${attacker.name}/`;
    expect(form.file).toMatch(new RegExp(`^${ownFolder}[0-9a-f-]{36}$`));
    for (const key of [victim.file, 'uploads/victim/new', `${ownFolder}../victim/new`]) {
      const forged = await sendForm({ ...form, fields: { ...form.fields, key } }, new Blob(['forged']));
      expect([key, forged.status]).toEqual([key, 403]);
    }

    for (const filename of ['../victim/new', '..%2Fvictim%2Fnew', victim.file]) {
      const body = new FormData();
      body.append('type', 'analyze');
      body.append('payload', '{"patterns":["x"]}');
      body.append('file', new Blob(['x']), filename);
      const response = await fetch(`${cloud.api.url}/v1/jobs`, {
        method: 'POST',
        headers: attacker.headers,
        body,
      });
      const job = (await response.json()) as SubmittedView & { payload: { file: string } };
      expect(job.payload.file.startsWith(ownFolder)).toBe(true);
      expect(await attacker.ended(job.job_id)).toMatchObject({ status: 'success' });
    }
    const file = await attacker.upload('x');
    const { url } = await attacker.post<{ url: string }>('/v1/downloads', { file });
    expect(await (await fetch(url)).text()).toBe('x');
    for (const theirs of [victim.file, `${ownFolder}../victim/new`, `uploads/victim/nothing`]) {
      expect(await attacker.call('POST', '/v1/downloads', { file: theirs })).toMatchObject({
        status: 404,
        body: { type: 'urn:errand:problem:file-not-found' },
      });
    }
    const forged = url.replace(encodeURI(file), victim.file);
    expect((await fetch(forged)).status).toBe(403);
    const analyze = { type: 'analyze', payload: { file, patterns: ['x'] } };
    expect(await attacker.run(analyze)).toMatchObject({ result: { bytes: 1 } });
  },
};

export const STATISTICS: Trial = {
  title: 'statistics and lists show only their own tenant’s jobs',
  async attack(attacker, { victim }) {
    const searches = [
      `tag=${SHARED_TAG}`,
      'metadata=region:eu',
      'message=canceled',
      'status=created,canceled',
      'created_after=2020-01-01T00:00:00Z&order=asc',
    ].map((query) => `/v1/jobs?${query}`);
    const shown = async (): Promise<unknown[]> => [
      (await victim.get<Schema<'Statistics'>>('/v1/stats')).jobs,
      (await victim.get<Schema<'History'>>('/v1/stats/history')).series,
      ...(await Promise.all(
        ['/v1/jobs', ...searches, '/v1/messages', '/messages/sent', '/v1/schedules'].map((path) =>
          victim.get(path),
        ),
      )),
    ];
    const before = await shown();
    const job = {
      payload: { seconds: 0 },
      delay_seconds: 600,
      tags: [SHARED_TAG],
      metadata: { region: 'eu' },
    };
    const { job_id: id } = await attacker.post<SubmittedView>('/v1/jobs', job);
    await attacker.post('/v1/jobs/batch', { jobs: [job, job] });
    await attacker.post(`/v1/jobs/${id}/cancel`);
    const found = await Promise.all(searches.map((path) => attacker.get<{ items: JobView[] }>(path)));
    expect(found.map(({ items }) => items.length)).toEqual([3, 3, 1, 3, 3]);
    await attacker.post(`/v1/jobs/${id}/retry`);
    await attacker.ended(id);

    const { jobs } = await attacker.get<Schema<'Statistics'>>('/v1/stats');
    expect(jobs).toMatchObject({ total: 3, by_status: { created: 2, success: 1 } });
    const { series } = await attacker.get<Schema<'History'>>('/v1/stats/history?step=3600');
    const points = series.flatMap((each) => each.points);
    const sumOf = (count: 'accepted' | 'canceled' | 'resubmitted' | 'succeeded'): number =>
      points.reduce((sum, point) => sum + point[count], 0);
    expect([sumOf('accepted'), sumOf('canceled'), sumOf('resubmitted'), sumOf('succeeded')]).toEqual([
      3, 1, 1, 1,
    ]);
    const { items } = await attacker.get<{ items: JobView[] }>('/v1/jobs');
    expect(items).toHaveLength(3);
    expect(await shown()).toEqual(before);
  },
};

export const DEDUP_WINDOWS: Trial = {
  title: 'an object has a separate job and window for each tenant',
  async attack(attacker, { victim }) {
    const submission = { object_id: victim.objectId, delay_seconds: 600 };
    const own = await attacker.post<SubmittedView>('/v1/jobs', submission);
    expect(own).toMatchObject({ deduplicated: false, object_id: victim.objectId });
    const { items } = await attacker.post<{ items: { status: number; job: SubmittedView }[] }>(
      '/v1/jobs/batch',
      { jobs: [submission] },
    );
    expect(items).toMatchObject([{ status: 200, job: { job_id: own.job_id } }]);
    const rejection = { ...submission, on_duplicate: 'reject' };
    const rejected = await attacker.call<ProblemView>('POST', '/v1/jobs', rejection);
    expect(rejected).toMatchObject({ status: 409, body: { job_id: own.job_id } });
    for (const replacing of [
      { on_duplicate: 'replace', delay_seconds: 600 },
      { debounce: { seconds: 600 } },
    ]) {
      const replacement = { object_id: victim.objectId, payload: { seconds: 1 }, ...replacing };
      expect(await attacker.post('/v1/jobs', replacement)).toMatchObject({
        job_id: own.job_id,
        replaced: true,
      });
      const batch = { jobs: [replacement] };
      expect(await attacker.post('/v1/jobs/batch', batch)).toMatchObject({
        items: [{ status: 200, job: { job_id: own.job_id, replaced: true } }],
      });
    }
    const list = `/v1/jobs?object_id=${victim.objectId}`;
    expect(await attacker.get(list)).toMatchObject({ items: [{ job_id: own.job_id }] });

    const theirs = await victim.post('/v1/jobs', submission);
    expect(theirs).toMatchObject({ deduplicated: true, job_id: victim.jobId });
  },
};

export const FIRINGS: Trial = {
  title: 'a schedule is changed, started, stopped and fired only for its own tenant, even if names are equal',
  async attack(attacker, { cloud, victim }) {
    const path = `/v1/schedules/${victim.schedule}`;
    const startAt = new Date(Date.now() + 86_400_000).toISOString();
    const schedule = { rate: '1 day', start_at: startAt, job: { type: 'sleep', payload: { seconds: 0 } } };
    expect(await attacker.call('PUT', path, schedule)).toMatchObject({ status: 201 });
    await attacker.put(`${path}/stop`);
    await attacker.put(`${path}/start`);
    await attacker.put('/jobs/stop');
    await attacker.put('/jobs/start');

    const [[revision = ''] = []] = await sql(
      cloud,
      'SELECT revision::text FROM schedules WHERE tenant = :tenant AND name = :name',
      { tenant: attacker.name, name: victim.schedule },
    );
    const event = { tenant: attacker.name, schedule: victim.schedule, revision, fire_time: startAt };
    const { job_id: jobId } = await fire(cloud, event);
    expect(await attacker.ended(jobId ?? 'none')).toMatchObject({ status: 'success', result: { slept: 0 } });
    expect(await attacker.call('DELETE', path)).toMatchObject({ status: 204 });
    expect(await attacker.call('DELETE', path)).toMatchObject({ status: 404 });
  },
};

/** Waits until a job's callback has been sent. */
async function callbackOf(tenant: Tenant, jobId: string): Promise<void> {
  const { callback_job_id: callbackId } = await tenant.get<{ callback_job_id: string }>(`/v1/jobs/${jobId}`);
  expect(await tenant.ended(callbackId)).toMatchObject({ status: 'success' });
}

export const BULK_CHANGES: Trial = {
  title: 'a bulk change affects only its own tenant’s jobs, even if its filter matches everything',
  async attack(attacker, { open }) {
    const job = {
      payload: { seconds: 0 },
      delay_seconds: 600,
      callback_url: `${open.origin}/bulk-of-${attacker.name}`,
    };
    const { job_id: id } = await attacker.post<SubmittedView>('/v1/jobs', job);
    const bulk = async (action: string): Promise<JobView> => {
      const { job_id: bulkId } = await attacker.post<JobView>('/v1/jobs/bulk', {
        action,
        filter: {},
        confirm: 'all',
      });
      return attacker.ended(bulkId);
    };
    expect(await bulk('cancel')).toMatchObject({ result: { matched: 1, changed: 1, skipped: 0 } });
    await callbackOf(attacker, id);
    expect(await bulk('retry')).toMatchObject({ result: { matched: 1, changed: 1, skipped: 0 } });
    expect(await attacker.ended(id)).toMatchObject({ status: 'success' });
    await callbackOf(attacker, id);
    const counted = await attacker.post('/v1/jobs/bulk', { action: 'delete', filter: {}, dry_run: true });
    // The job ended twice, so the count includes the job and two callbacks.
    expect(counted).toEqual({ matched: 3, exact: true });
    expect(await bulk('delete')).toMatchObject({ result: { matched: 3, changed: 3, skipped: 0 } });
    expect(await attacker.call('GET', `/v1/jobs/${id}`)).toMatchObject({ status: 404 });
  },
};

export const BATCH_COUNTS: Trial = {
  title: 'a batch counts only its own tenant’s jobs, even if another tenant’s batch has the same id',
  async attack(attacker, { victim }) {
    const path = `/v1/batches/${victim.batchId}`;
    expect(await attacker.call('GET', path)).toMatchObject({ status: 404 });
    const { batch } = await attacker.post<{ batch: Schema<'Batch'> }>('/v1/jobs/batch', {
      jobs: [{ payload: { seconds: 0 } }],
      batch: { id: victim.batchId },
    });
    expect(batch).toMatchObject({ jobs: 1, on_complete: null });
    expect(await attacker.get(`${path}?wait=20`)).toMatchObject({ status: 'completed', jobs: 1 });
    expect(await attacker.get('/v1/batches')).toMatchObject({
      items: [{ batch_id: victim.batchId, jobs: 1 }],
    });
    expect(await victim.get(path)).toMatchObject({ status: 'open', jobs: 1, counts: { created: 1 } });
  },
};
