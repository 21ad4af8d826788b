import { unexplained } from './explain-job.ts';
import type { BulkRequest, History, ListRead, Operation } from './operation.ts';

/** A job as stored in the database at the end of the run. */
export interface FinalJob {
  readonly tenant: string;
  readonly batchId: string | null;
  readonly isChild: boolean;
  /** A read that began after all requests. */
  readonly read: Operation;
}

/** A response that no order of the requests explains. */
export interface Contradiction {
  readonly jobId: string;
  readonly what: string;
}

/**
 * Checks the responses in a run. For each job, some order of the requests must explain all responses and the final state in the database. A list
 * response must contain all jobs that were known before the list request began.
 *
 * @param final all jobs, keyed by id
 */
export function contradictions(history: History, final: ReadonlyMap<string, FinalJob>): Contradiction[] {
  const wrongJobs = [...history.jobs].flatMap(([jobId, { operations }]): Contradiction[] => {
    const row = final.get(jobId);
    // A lost job is a separate finding. Children are not checked, because they are canceled and retried with their parents.
    if (!row || row.isChild) return [];
    const shares = history.bulkRequests.filter(isAbout(row)).map(shareOf);
    const what = unexplained([...operations, ...shares, row.read]);
    return what === undefined ? [] : [{ jobId, what }];
  });
  return [...wrongJobs, ...history.lists.flatMap((list) => wrongList(list, history, final))];
}

function isAbout({ tenant, batchId }: FinalJob): (request: BulkRequest) => boolean {
  return (request) => request.tenant === tenant && request.batchId === batchId;
}

/** Returns the operation that represents a bulk job's change to one job. The change may take effect at any time after the request, or never. */
function shareOf({ action, start }: BulkRequest): Operation {
  return { kind: action, start, end: Infinity };
}

function wrongList(
  { tenant, start, jobIds, hasMore }: ListRead,
  { jobs }: History,
  final: ReadonlyMap<string, FinalJob>,
): Contradiction[] {
  const shown = new Set(jobIds);
  const oldest = hasMore ? (jobIds.at(-1) ?? '') : '';
  const missing = [...jobs]
    .filter(
      ([jobId, job]) => job.tenant === tenant && job.knownAt < start && jobId > oldest && !shown.has(jobId),
    )
    .map(([jobId]) => ({ jobId, what: `a list that was requested later did not have it` }));
  const foreign = jobIds
    .filter((jobId) => final.has(jobId) && final.get(jobId)?.tenant !== tenant)
    .map((jobId) => ({ jobId, what: `was in a list of the tenant ${tenant}` }));
  const disordered = jobIds
    .filter((jobId, index) => index > 0 && jobId >= (jobIds[index - 1] ?? ''))
    .map((jobId) => ({ jobId, what: 'was in a list in the wrong place, or twice' }));
  return [...missing, ...foreign, ...disordered];
}
