import { useQuery } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { errand } from '../app/session.ts';
import { pollInterval } from './polling.ts';

/** Reads the queues. The banner on every screen lists the paused queues and job types. */
export function useQueues() {
  return useQuery({
    queryKey: ['queues'],
    queryFn: async () => dataOf(await errand.http.GET('/v1/queues')),
    refetchInterval: (query) => Math.max(10_000, pollInterval(query)),
  });
}
