import { useQuery } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { errand } from '../app/session.ts';
import { pollInterval } from './polling.ts';

/** The API's maximum page size. Keys are sorted by name. */
export const KEY_PAGE = 50;

/** Reads the numbers of running and waiting jobs per concurrency key. */
export function useConcurrencyKeys(enabled = true) {
  return useQuery({
    queryKey: ['concurrency-keys'],
    queryFn: async () =>
      dataOf(await errand.http.GET('/v1/concurrency-keys', { params: { query: { limit: KEY_PAGE } } })),
    refetchInterval: pollInterval,
    enabled,
  });
}
