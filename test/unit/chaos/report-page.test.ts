import { expect, it } from '@jest/globals';
import { Ledger } from '../../chaos/ledger.ts';
import { reportPage, type SeedResult } from '../../chaos/report-page.ts';
import type { Outcome } from '../../chaos/run.ts';

const MADE = { commit: 'abc1234', date: '2030-01-31', processors: 2 };

function result(seed: number, given: Partial<Outcome> = {}): SeedResult {
  const outcome: Outcome = {
    settings: { JOB_BATCH_SIZE: '5' },
    findings: [],
    evidence: [],
    jobsByStatus: { success: 280, failed: 20 },
    deployments: 3,
    handOvers: 1,
    attempts: 400,
    struck: { fail: 30, 'kill-cloud': 1 },
    matchedCalls: 5_000,
    downSeconds: [2.34],
    client: { ...new Ledger().counts, requests: 1_000, serverErrors: 7, throttled: 2, brokenConnections: 3 },
    explained: 1_500,
    seconds: { chaos: 40, draining: 9.6 },
    ...given,
  };
  return { jobs: 300, seed, concurrency: 50, outcome };
}

const rowsOf = (page: string): string[][] =>
  page
    .split('\n')
    .filter((line) => /^\| \d/.test(line))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim())
        .slice(1, -1),
    );

it('the report of several seeds has a line for each, and the command that made it', () => {
  const page = reportPage([result(1), result(2)], MADE);
  expect(page).toContain('npm run chaos -- --seeds 1-2 --jobs 300 --report docs/chaos-report.md');
  expect(rowsOf(page)).toEqual([
    ['1', '5', '50', '1000', '12', '31', '2.3 s', '1500', '300', '400', '0', '0', '0', '0'],
    ['2', '5', '50', '1000', '12', '31', '2.3 s', '1500', '300', '400', '0', '0', '0', '0'],
  ]);
  expect(page).toContain('In all: 600 jobs with 800 attempts, 2,000 requests, and 62 faults.');
  expect(page).not.toContain('Findings');
});

it('the report names what was found, and the runs that could not finish', () => {
  const finding = { failing: 'doubled', jobId: 'id', what: 'two leases at once' } as const;
  const page = reportPage([result(1, { findings: [finding] }), { ...result(2), outcome: undefined }], MADE);
  expect(rowsOf(page)[0]?.slice(-4)).toEqual(['0', '0', '1', '0']);
  expect(rowsOf(page)[1]).toEqual(['2', 'the run could not finish']);
  expect(page).toContain('## Findings\n\n- seed 1, doubled: id two leases at once');
});
