import { keepPreviousData, useQuery } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { useEffect, useRef, useState } from 'preact/hooks';
import { pollInterval } from '../api/polling.ts';
import { errand } from '../app/session.ts';
import { toQuery, type Filter } from './filter.ts';
import {
  countNew,
  firstShown,
  withChanges,
  withNewest,
  withOlder,
  type JobPage,
  type ShownJobs,
} from './job-list.ts';

const PAGE_SIZE = 100;

/** Previously shown lists, keyed by filter, so that going back shows the same rows. */
const remembered = new Map<string, ShownJobs>();

export interface JobList {
  readonly shown: ShownJobs | undefined;
  /** The number of new rows that are hidden until `showNew` is called. */
  readonly newCount: number;
  readonly error: Error | null;
  readonly isStale: boolean;
  readonly showNew: () => void;
  readonly loadOlder: () => void;
  readonly refresh: () => void;
}

async function readPage(filter: Filter, cursor?: string): Promise<JobPage> {
  const query = { ...toQuery(filter, Date.now()), limit: PAGE_SIZE, ...(cursor !== undefined && { cursor }) };
  return dataOf(await errand.http.GET('/v1/jobs', { params: { query: query as never } }));
}

/** @param isHeld returns whether rows must not move, because the user may be about to click one */
export function useJobList(filter: Filter, isHeld: () => boolean): JobList {
  const key = JSON.stringify(filter);
  const newest = useQuery({
    queryKey: ['jobs', filter],
    queryFn: () => readPage(filter),
    refetchInterval: pollInterval,
    placeholderData: keepPreviousData,
  });
  const page = newest.isPlaceholderData ? undefined : newest.data;
  const [, setVersion] = useState(0);
  const loading = useRef(false);
  const set = (shown: ShownJobs): void => {
    remembered.set(key, shown);
    setVersion((version) => version + 1);
  };

  useEffect(() => {
    if (!page) return;
    const before = remembered.get(key);
    if (!before) set(firstShown(page));
    else set(isHeld() ? withChanges(before, page) : withNewest(before, page));
  }, [page, key]);

  const shown = remembered.get(key) ?? (newest.data ? firstShown(newest.data) : undefined);
  return {
    shown,
    newCount: shown && page ? countNew(shown, page) : 0,
    error: newest.error,
    isStale: newest.isError,
    showNew() {
      if (page && shown) set(withNewest(shown, page));
    },
    loadOlder() {
      if (loading.current || shown?.nextCursor === null || !shown) return;
      loading.current = true;
      void readPage(filter, shown.nextCursor)
        .then((older) => {
          set(withOlder(remembered.get(key) ?? shown, older));
        })
        .catch(() => undefined)
        .finally(() => {
          loading.current = false;
        });
    },
    refresh() {
      void newest.refetch();
    },
  };
}
