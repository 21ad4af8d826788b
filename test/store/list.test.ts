import { beforeAll, describe, expect, it } from '@jest/globals';
import type { JobFilter, Order } from '../../lambdas/job/job-filter.ts';
import { JOB_STATUSES } from '../../lambdas/job/status.ts';
import { useJobDatabase } from '../helpers/job-database.ts';
import { NEWEST_FIRST, putJob, TENANT } from './job-rows.ts';

const TYPES = ['sleep', 'analyze'];
const OBJECTS = [null, 'a', 'b'];

/** A listed job. There are two jobs for every combination of status, type and object, plus another tenant's jobs. */
interface Listed {
  job_id: string;
  tenant: string;
  status: string;
  type: string;
  object_id: string | null;
}

const db = useJobDatabase();
let all: Listed[];

beforeAll(async () => {
  for (const status of [...JOB_STATUSES, ...JOB_STATUSES]) {
    for (const type of TYPES) {
      for (const object of OBJECTS) {
        const jobId = await putJob(db, { status });
        await db.sql('UPDATE jobs SET type = $2, object_id = $3 WHERE job_id = $1', [jobId, type, object]);
      }
    }
  }
  await db.sql(`UPDATE jobs SET tenant = 'other' WHERE job_id = $1`, [await putJob(db)]);
  all = await db.sql<Listed>('SELECT job_id, tenant, status, type, object_id FROM jobs ORDER BY job_id DESC');
});

const statuses = [
  undefined,
  ...JOB_STATUSES.map((status) => [status]),
  ['failed', 'canceled'] as const,
  JOB_STATUSES,
];

const combinations: JobFilter[] = statuses.flatMap((status) =>
  [undefined, 'analyze'].flatMap((type) => [undefined, 'a'].map((objectId) => ({ status, type, objectId }))),
);

function expected({ status, type, objectId }: JobFilter): string[] {
  return all
    .filter((job) => job.tenant === TENANT)
    .filter((job) => status === undefined || (status as readonly string[]).includes(job.status))
    .filter((job) => type === undefined || job.type === type)
    .filter((job) => objectId === undefined || job.object_id === objectId)
    .map((job) => job.job_id);
}

/** Reads a list page by page, as a client does by following the cursor. */
async function walk(filter: JobFilter, limit: number, order: Order): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined; ;) {
    const { jobs, continueAfter } = await db.jobs.list({ tenant: TENANT, filter, order, after, limit });
    expect(jobs.length).toBeLessThanOrEqual(limit);
    found.push(...jobs.map(({ job_id: jobId }) => jobId));
    if (continueAfter === null) return found;
    after = continueAfter;
  }
}

describe('a list', () => {
  it.each(combinations)(
    'with status $status, type $type and object $objectId has every job once, in either order',
    async (filters) => {
      const jobs = expected(filters);
      expect(jobs.length).toBeGreaterThan(0);
      for (const limit of [1, 7, 200]) {
        if (limit === 1 && jobs.length > 20) continue;
        expect(await walk(filters, limit, 'desc')).toEqual(jobs);
        expect(await walk(filters, limit, 'asc')).toEqual(jobs.toReversed());
      }
    },
  );

  it('shows jobs without their payloads and results', async () => {
    const filter: JobFilter = { status: ['success'] };
    const [job] = (await db.jobs.list({ tenant: TENANT, filter, order: 'desc', limit: 1 })).jobs;
    expect(Object.keys(job ?? {})).toEqual([
      'job_id',
      'object_id',
      'type',
      'queue',
      'status',
      'attempt',
      'max_attempts',
      'timeout_seconds',
      'max_duration_seconds',
      'create_time',
      'run_at',
      'start_time',
      'end_time',
      'message',
      'cancel_requested',
      'progress',
      'callback_job_id',
      'debounced',
      'trace_id',
      'parent_job_id',
      'batch_id',
      'tags',
      'metadata',
      'priority',
      'concurrency',
      'rate_limit',
      'held_by',
    ]);
  });

  it('ends a page of the largest jobs before it exceeds a Data API response, and continues after it', async () => {
    await db.sql(
      `INSERT INTO jobs (job_id, submission_id, tenant, type, object_id, payload, status, attempt, max_attempts,
                         timeout_seconds, run_at, start_time, end_time, message, progress, progress_note)
       SELECT gen_random_uuid(), gen_random_uuid(), 'large', repeat('漢', 64), repeat('漢', 256), '{}', 'failed', 20, 20,
              900, now(), now(), now(), repeat('漢', 1000), 0.123456789, repeat('漢', 200)
       FROM generate_series(1, 201)`,
    );
    const { jobs, continueAfter } = await db.jobs.list({ tenant: 'large', ...NEWEST_FIRST, limit: 200 });
    expect(jobs.length).toBeGreaterThan(180);
    expect(continueAfter).toBe(jobs.at(-1)?.job_id);
  });

  it('is empty without matching jobs', async () => {
    const nothing = { jobs: [], continueAfter: null };
    const query = { order: 'desc', limit: 10 } as const;
    expect(await db.jobs.list({ tenant: TENANT, filter: { type: 'none' }, ...query })).toEqual(nothing);
    expect(await db.jobs.list({ tenant: 'nobody', filter: {}, ...query })).toEqual(nothing);
  });

  it('is read from an index with every filter', async () => {
    for (const condition of ['', `AND status = 'failed'`, `AND type = 'analyze'`, `AND object_id = 'a'`]) {
      const plan = await db.sql<{ 'QUERY PLAN': string }>(
        `EXPLAIN SELECT * FROM jobs WHERE tenant = 'default' ${condition} AND job_id < $1 ORDER BY job_id DESC LIMIT 50`,
        [all[0]?.job_id],
      );
      expect(plan.map((line) => line['QUERY PLAN']).join('\n')).toMatch(/Index Scan/);
    }
  });
});
