import type { BatchStatementResponse } from '@aws-sdk/client-dynamodb';
import type { DedupWindow } from '../../../lambdas/job/dedup.ts';
import type { DedupCall, DedupWrite } from '../../helpers/dedup-table.ts';
import type { Fault } from './faults.ts';

/** For a call with only one statement, maps the statement's fault to the equivalent fault of the whole call. */
export const WHOLE: Partial<Record<Fault | 'none', Fault>> = {
  'partly refused': 'refused',
  'partly lost': 'lost',
};

export const DEDUP_CALLS: Readonly<Record<DedupCall, string>> = {
  window: 'the window',
  windows: 'the windows',
  adoption: 'the adoption',
  release: 'the release',
  releases: 'the releases',
};

/** Executes a call's writes one by one, so that other calls may write in between. */
export async function writeEach(
  writes: readonly DedupWrite[],
  fault: Fault | 'none',
  step: (label: string) => Promise<void>,
): Promise<BatchStatementResponse[]> {
  const answers: BatchStatementResponse[] = [];
  for (const [index, write] of writes.entries()) {
    if (index > 0) await step('the next statement');
    const isFailed = index === 0 && (fault === 'partly refused' || fault === 'partly lost');
    const answer = isFailed && fault === 'partly refused' ? {} : write();
    answers.push(isFailed ? { Error: { Code: 'InternalServerError' } } : answer);
  }
  return answers;
}

/** Calls `check` with the owner of each window that is about to be released. */
export function watchReleases(dedup: DedupWindow, check: (owner: string) => void): DedupWindow {
  return {
    ...dedup,
    release(key, owner) {
      check(owner);
      return dedup.release(key, owner);
    },
    releaseAll(windows) {
      for (const { owner } of windows) check(owner);
      return dedup.releaseAll(windows);
    },
  };
}
