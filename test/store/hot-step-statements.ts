import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { createStepStore, readSteps } from '../../lambdas/adapters/aurora/step-store.ts';
import type { HotStatement } from './explain.ts';
import { ONE_ROW, ONE_WRITE } from './hot-statement.ts';
import { CHILDREN, STEPS } from './million-jobs.ts';

/** The number of steps or children per page: one row of a Data API response. */
const PAGE = 500;

/** Returns the statements of a job with steps. The first running job's `map` step has children. */
export function stepStatements({ running }: { running: readonly string[] }): HotStatement[] {
  const [jobId = ''] = running;
  const writer = { jobId, attempt: 1, fence: 0 };
  const step = { step: 'step-7', kind: 'run', status: 'success', failures: 0, result: 1 } as const;
  const calls: [string, (api: DataApi) => Promise<unknown>, number, unknown[][]?][] = [
    ['a step', (api) => createStepStore(api).record(writer, step), ONE_WRITE],
    [
      'a wait for a signal',
      (api) => createStepStore(api).wait(writer, { step: 'a', kind: 'signal', signal: 'a' }),
      2 * ONE_WRITE,
    ],
    [
      'a wait for children',
      (api) =>
        createStepStore(api).wait(writer, { step: 'map', kind: 'map', total: CHILDREN, type: 'sleep' }),
      2 * ONE_WRITE,
    ],
    [
      'a step with a large result',
      (api) => createStepStore(api).read(jobId, 'step-7'),
      2 * ONE_ROW,
      [[{ isResultLeftOut: true }], ['1']],
    ],
    ['the steps of a job', (api) => readSteps(jobId, api), STEPS + ONE_ROW],
    [
      'the number of children of a step',
      (api) => createStepStore(api).countChildren(jobId, 'map'),
      CHILDREN + ONE_ROW,
    ],
    [
      'the outcomes of children',
      (api) => createStepStore(api).outcomes(jobId, 'map', 1_000),
      // The statement skips the children of earlier pages, and reads the children on the page twice.
      1_000 + 5 * PAGE + ONE_ROW,
    ],
  ];
  return calls.map(([title, call, maxPages, answers]) => ({
    title,
    call,
    maxPages,
    ...(answers && { answers }),
    // The statement also sorts the children of earlier pages.
    maxWastedRows: 1_000 + 2 * PAGE,
  }));
}
