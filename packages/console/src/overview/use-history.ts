import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { errand } from '../app/session.ts';
import { RANGES, type Range } from './history.ts';

/** Reads the history of a range that ends now, either by type or for all jobs together. */
export function useHistory(range: Range, groupBy?: 'type') {
  const { ms, step } = RANGES[range];
  return useQuery({
    queryKey: ['history', range, groupBy],
    queryFn: async () => {
      const to = new Date();
      const query = {
        from: new Date(to.getTime() - ms).toISOString(),
        to: to.toISOString(),
        step,
        ...(groupBy !== undefined && { group_by: groupBy }),
      };
      return dataOf(await errand.http.GET('/v1/stats/history', { params: { query: query as never } }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: 15_000,
  });
}
