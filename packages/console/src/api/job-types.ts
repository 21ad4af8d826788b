import { useQuery } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { errand } from '../app/session.ts';

/** Reads the deployment's job types, which change only with a deployment. */
export function useJobTypes() {
  return useQuery({
    queryKey: ['job-types'],
    queryFn: async () => dataOf(await errand.http.GET('/v1/job-types')),
    staleTime: 60_000,
  });
}
