import { startJobDatabase, type JobDatabase } from '../../../test/helpers/aurora.ts';
import { fillJobs } from '../../../test/store/million-jobs.ts';
import { p99, readingCalls } from '../../../test/store/reading-calls.ts';
import type { Figure } from '../figure.ts';
import { interleave } from '../rounds.ts';
import { summarize } from '../statistics.ts';

const MANY = 1_000_000;
const FEW = 1_000;

const SUBJECT = 'Errand';

/** Measures the store's reads and lists through the Data API, on a large table and on a small table. */
export const reading: Figure = {
  name: 'reading',
  about: 'job reads and list pages, with 1,000,000 jobs and with 1,000',
  // This benchmark has no probes. The benchmark calls the working tree's store directly, so it can't measure another version.
  probes: [],
  async measure(options) {
    const { quick, tell } = options;
    const many = quick ? MANY / 100 : MANY;
    await using ended = new AsyncDisposableStack();
    const open = async (count: number): Promise<JobDatabase> => {
      tell(`filling a database with ${count} jobs`);
      const database = await startJobDatabase();
      ended.defer(() => database.end());
      const client = await database.connect();
      try {
        await fillJobs(client, count);
      } finally {
        client.release();
      }
      return database;
    };
    const calls = { few: await readingCalls(await open(FEW)), many: await readingCalls(await open(many)) };
    // The first calls are a warm-up, which opens connections and prepares statements.
    await p99([...calls.few, ...calls.many]);
    const measured = await interleave(
      {
        [SUBJECT]: async () => ({ few: await p99(calls.few), many: await p99(calls.many) }),
      },
      options,
    );
    const ofErrand = measured.get(SUBJECT);
    const rounds = (key: string): readonly number[] => ofErrand?.get(key)?.rounds ?? [];
    const ratios = rounds('many').map((value, round) => value / (rounds('few')[round] ?? NaN));
    const row = (what: string, unit: string, values: readonly number[]) => ({
      what,
      subject: SUBJECT,
      unit,
      summary: summarize(values),
    });
    return [
      row(`reading and listing, ${FEW} jobs: p99`, 'ms', rounds('few')),
      row(`reading and listing, ${many} jobs: p99`, 'ms', rounds('many')),
      {
        ...row(`reading and listing, ${many} jobs as a multiple of ${FEW}`, '×', ratios),
        target: { atMost: 3 },
      },
    ];
  },
};
