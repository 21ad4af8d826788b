import { useInfiniteQuery } from '@tanstack/preact-query';
import { pollInterval } from './polling.ts';

export interface ItemPage<Item> {
  readonly items: readonly Item[];
  readonly next_cursor: string | null;
}

/** Reads a list page by page, and polls it. */
export function useItems<Item>(
  key: readonly unknown[],
  read: (cursor: { cursor?: string }) => Promise<ItemPage<Item>>,
) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam === null ? {} : { cursor: pageParam }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: (each) => Math.max(5_000, pollInterval(each)),
  });
  return {
    /** Undefined while the first page is loading. */
    items: query.data?.pages.flatMap((page) => page.items),
    error: query.error,
    hasMore: query.hasNextPage,
    loadMore: () => void query.fetchNextPage(),
    refresh: () => void query.refetch(),
  };
}

export type Items<Item> = ReturnType<typeof useItems<Item>>;
