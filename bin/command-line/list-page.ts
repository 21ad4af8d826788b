import { dataOf, type Errand, type paths, type Schema } from 'errand-client';

export type ListQuery = NonNullable<paths['/v1/jobs']['get']['parameters']['query']>;

/**
 * Reads up to `limit` jobs, from several API pages if necessary: a single page may contain fewer than `limit` jobs if few jobs match the filters.
 *
 * @throws ErrandError, or the signal's reason
 */
export async function wholePage(
  { http }: Errand,
  query: ListQuery,
  signal?: AbortSignal,
): Promise<Schema<'JobPage'>> {
  const options = signal && { signal };
  const first = dataOf(await http.GET('/v1/jobs', { params: { query }, ...options }));
  const items = [...first.items];
  let cursor = first.next_cursor;
  while (cursor !== null && items.length < first.limit) {
    const rest = { ...query, cursor, limit: first.limit - items.length };
    const page = dataOf(await http.GET('/v1/jobs', { params: { query: rest }, ...options }));
    items.push(...page.items);
    cursor = page.next_cursor;
  }
  return { ...first, items, next_cursor: cursor };
}
