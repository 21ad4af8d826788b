import { useQuery } from '@tanstack/preact-query';
import { dataOf, type Job } from 'errand-client';
import { useNow } from '../app/now.ts';
import { errand } from '../app/session.ts';
import { waitReason } from './wait-reason.ts';

/** How many keys are looked through for the job's own: they are ordered by name, not by use. */
const KEYS = 50;

/** Says in words why the job does not run. */
export function WaitLine({ job }: { job: Job }) {
  const now = useNow();
  const name = job.held_by === 'concurrency' ? job.concurrency?.key : undefined;
  const keys = useQuery({
    queryKey: ['concurrency-keys'],
    queryFn: async () =>
      dataOf(await errand.http.GET('/v1/concurrency-keys', { params: { query: { limit: KEYS } } })).items,
    enabled: name !== undefined,
  });
  const reason = waitReason(
    job,
    now,
    keys.data?.find(({ key }) => key === name),
  );
  if (job.cancel_requested && job.status === 'running') {
    return <p class="wait-line">Asked to stop. It ends when its handler obeys.</p>;
  }
  if (reason === undefined) return null;
  return <p class="wait-line">{reason}</p>;
}
