import { startJobDatabase } from '../../../test/helpers/aurora.ts';
import { newJob, result } from '../../../test/store/job-rows.ts';
import { median } from '../statistics.ts';

// `node -C errand-source tools/benchmarks/store/batch-ends.ts` measures how many jobs per second 16 connections can end. It compares jobs
// without a batch, in a single batch, and in five batches. All jobs of a batch update the batch's row. Each statement ends one job or ten.

const ROUNDS = 3;
const WRITERS = 16;
const JOBS = 4_800;
const AT_ONCE = [1, 10] as const;

const db = await startJobDatabase();
try {
  for (const atOnce of AT_ONCE) {
    const endsASecond = { none: [] as number[], one: [] as number[], many: [] as number[] };
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const batches of ['none', 'one', 'many'] as const) {
        const rate = await endJobs(atOnce, (index) =>
          batches === 'none'
            ? undefined
            : batches === 'one'
              ? `b-${atOnce}-${round}`
              : `b-${atOnce}-${round}-${index % 5}`,
        );
        if (round > 0) endsASecond[batches].push(rate);
      }
    }
    const { none, one, many } = endsASecond;
    process.stdout.write(
      `${atOnce} per record: without a batch ${Math.round(median(none))}/s, in one batch ${Math.round(median(one))}/s, in five batches ${Math.round(median(many))}/s\n`,
    );
  }
} finally {
  await db.end();
}

async function endJobs(atOnce: number, batchOf: (index: number) => string | undefined): Promise<number> {
  const jobs = Array.from({ length: JOBS }, (_, index) => ({
    ...newJob(),
    batch_id: batchOf(index) ?? null,
  }));
  for (let from = 0; from < JOBS; from += 100) await db.jobs.insert(jobs.slice(from, from + 100));
  const parts: string[][] = [];
  for (let from = 0; from < JOBS; from += atOnce)
    parts.push(jobs.slice(from, from + atOnce).map((job) => job.job_id));
  for (const part of parts) await db.attempts.claim(part, 'worker', 600_000);
  const startedAt = performance.now();
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      for (let part = parts.pop(); part; part = parts.pop()) {
        await db.attempts.record(part.map((jobId) => result(jobId)));
      }
    }),
  );
  return JOBS / ((performance.now() - startedAt) / 1000);
}
