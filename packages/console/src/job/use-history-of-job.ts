import { useQuery } from '@tanstack/preact-query';
import { dataOf, type Job } from 'errand-client';
import { pollInterval } from '../api/polling.ts';
import { errand } from '../app/session.ts';
import type { JobHistory } from './timeline.ts';

/** The maximum numbers of steps and children in a timeline. */
const STEPS = 100;
const CHILDREN = 30;

export interface HistoryOfJob extends JobHistory {
  /** Whether the job has more steps or children than were read. */
  readonly isCut: boolean;
}

/** Reads a job's attempts, steps and children, and refreshes them while the job is open. */
export function useHistoryOfJob(job: Job): HistoryOfJob {
  const { job_id: jobId, attempt, status, end_time: end } = job;
  const path = { job_id: jobId };
  const attempts = useQuery({
    // The query key includes the attempt and the status, so that the attempts are read again whenever an attempt starts or ends.
    queryKey: ['attempts', jobId, attempt, status],
    queryFn: async () =>
      dataOf(await errand.http.GET('/v1/jobs/{job_id}/attempts', { params: { path } })).items,
    placeholderData: (previous) => previous,
  });
  const steps = useQuery({
    queryKey: ['steps', jobId, attempt, status],
    queryFn: async () => {
      const params = { path, query: { limit: STEPS } };
      return dataOf(await errand.http.GET('/v1/jobs/{job_id}/steps', { params }));
    },
    placeholderData: (previous) => previous,
    refetchInterval: (query) => (end === null && attempt > 0 ? pollInterval(query) : false),
  });
  const hasChildren = steps.data?.items.some(({ kind }) => kind === 'submit' || kind === 'map') === true;
  const children = useQuery({
    queryKey: ['children', jobId, attempt, status],
    queryFn: async () => {
      const params = { path, query: { order: 'asc', limit: CHILDREN } } as const;
      return dataOf(await errand.http.GET('/v1/jobs/{job_id}/children', { params }));
    },
    enabled: hasChildren,
    placeholderData: (previous) => previous,
    refetchInterval: (query) => (end === null ? pollInterval(query) : false),
  });
  return {
    attempts: attempts.data ?? [],
    steps: steps.data?.items ?? [],
    children: children.data?.items ?? [],
    isCut: (steps.data?.next_cursor ?? children.data?.next_cursor ?? null) !== null,
  };
}
