import type { Job } from 'errand-client';
import { useConcurrencyKeys } from '../api/concurrency-keys.ts';
import { useNow } from '../app/now.ts';
import { waitReason } from './wait-reason.ts';

/** Says in words why the job does not run. */
export function WaitLine({ job }: { job: Job }) {
  const now = useNow();
  const name = job.held_by === 'concurrency' ? job.concurrency?.key : undefined;
  const keys = useConcurrencyKeys(name !== undefined);
  const reason = waitReason(
    job,
    now,
    keys.data?.items.find(({ key }) => key === name),
  );
  if (job.cancel_requested && job.status === 'running') {
    return <p class="wait-line">Asked to stop. It ends when its handler obeys.</p>;
  }
  if (reason === undefined) return null;
  return <p class="wait-line">{reason}</p>;
}
