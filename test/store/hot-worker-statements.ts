import { createAttemptStore } from '../../lambdas/adapters/aurora/attempt-store.ts';
import type { DataApi } from '../../lambdas/adapters/aurora/data-api.ts';
import { result } from './job-rows.ts';

const line = { time: '2026-11-28T12:00:00.000Z', level: 'info', message: 'Halfway.', fields: {} } as const;
const logs = { parts: [{ part: 3, lines: [line] }], keepFrom: 2 };
const progress = { fraction: 0.5, note: null };

/** Returns a worker's statements for ten jobs at once. Each statement may read at most `maxPages` pages. */
export function workerStatements(
  { running, waiting }: { running: readonly string[]; waiting: string },
  maxPages: number,
) {
  const ten = running.slice(0, 10);
  return [
    {
      title: 'a claim of ten',
      call: (api: DataApi) =>
        createAttemptStore(api).claim([waiting, ...ten.slice(0, 9)], 'somebody', 60_000),
      maxPages,
    },
    {
      title: 'ten heartbeats with progress',
      call: (api: DataApi) =>
        createAttemptStore(api).beat(ten.map((jobId) => ({ jobId, attempt: 1, fence: 1, progress }))),
      maxPages,
    },
    {
      title: 'ten heartbeats with log lines',
      call: (api: DataApi) =>
        createAttemptStore(api).beat(ten.map((jobId) => ({ jobId, attempt: 1, fence: 1, progress, logs }))),
      maxPages,
    },
    {
      title: 'ten records',
      call: (api: DataApi) => createAttemptStore(api).record(ten.map((jobId) => result(jobId))),
      maxPages,
    },
    {
      title: 'ten records with log lines',
      call: (api: DataApi) => createAttemptStore(api).record(ten.map((jobId) => result(jobId, { logs }))),
      maxPages,
    },
  ];
}
