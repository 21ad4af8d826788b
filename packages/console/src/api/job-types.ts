import { useQuery } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { errand } from '../app/session.ts';

/** The job types of the deployment, which change with a deploy. */
export function useJobTypes() {
  return useQuery({
    queryKey: ['job-types'],
    queryFn: async () => dataOf(await errand.http.GET('/v1/job-types')),
    staleTime: 60_000,
  });
}
