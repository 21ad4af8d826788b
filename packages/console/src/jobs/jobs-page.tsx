import { useNavigate, useSearch } from '@tanstack/react-router';
import { ErrandError } from 'errand-client';
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { useScope } from '../app/session.ts';
import { useShortcuts } from '../app/shortcuts.ts';
import { counted } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { Live } from '../parts/live.tsx';
import { Notice } from '../parts/notice.tsx';
import { Page } from '../parts/page.tsx';
import { FilterBar } from './filter-bar.tsx';
import { isEmpty, type Filter } from './filter.ts';
import { NoJobs } from './no-jobs.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { JobTable } from './job-table.tsx';
import { useJobList } from './use-job-list.ts';
import { useRowCursor } from './use-row-cursor.ts';
import { useStable } from '../app/use-stable.ts';
import { ALL, NONE, type Selection } from './selection.ts';
import { ViewsMenu } from './views-menu.tsx';
import './jobs-page.css';

export function JobsPage() {
  const filter: Filter = useSearch({ from: '/jobs' });
  const navigate = useNavigate();
  const table = useRef<HTMLDivElement>(null);
  const list = useJobList(filter, () => isHeld(table.current));
  const [selection, setSelection] = useState<Selection>(NONE);
  const mayChange = useScope('submit');
  const items = list.shown?.items ?? [];
  const cursor = useRowCursor(items.length);
  const filterKey = JSON.stringify(filter);
  useEffect(() => {
    setSelection(NONE);
    cursor.reset();
  }, [filterKey]);

  const toggle = useStable((jobId: string): void => {
    const ids = new Set(selection.kind === 'some' ? selection.ids : items.map((job) => job.job_id));
    if (!ids.delete(jobId)) ids.add(jobId);
    setSelection({ kind: 'some', ids });
  });
  useShortcuts({
    j: cursor.next,
    k: cursor.previous,
    x: () => {
      const job = items[cursor.at];
      if (job && mayChange) toggle(job.job_id);
    },
    Escape: () => {
      setSelection(NONE);
    },
    Enter: () => {
      const job = items[cursor.at];
      if (job) void navigate({ to: '/jobs/$jobId', params: { jobId: job.job_id }, search: {} });
    },
  });

  const selected = useMemo(
    () => (selection.kind === 'some' ? items.filter((job) => selection.ids.has(job.job_id)) : items),
    [selection, items],
  );
  const setFilter = (next: Filter): void => {
    void navigate({ to: '/jobs', search: next });
  };
  const hasSelection = selection.kind === 'all' || selection.ids.size > 0;
  return (
    <Page
      title="Jobs"
      fixed
      actions={
        <>
          <Live isStale={list.isStale} />
          <ViewsMenu filter={filter} onChange={setFilter} />
        </>
      }
    >
      <FilterBar filter={filter} onChange={setFilter} />
      {hasSelection && (
        <SelectionBar
          filter={filter}
          selection={selection}
          selected={selected}
          onSelectAll={() => {
            setSelection(ALL);
          }}
          onDone={() => {
            setSelection(NONE);
            list.refresh();
          }}
        />
      )}
      {list.newCount > 0 && (
        <div class="new-jobs">
          <Button kind="quiet" onClick={list.showNew}>
            Show {counted(list.newCount, 'new job')}
          </Button>
        </div>
      )}
      {list.error && !list.shown ? (
        <ListProblem error={list.error} />
      ) : list.shown?.nextCursor === null && items.length === 0 ? (
        <NoJobs
          isFiltered={!isEmpty(filter)}
          onClear={() => {
            setFilter({});
          }}
        />
      ) : (
        <JobTable
          ref={table}
          jobs={items.length > 0 ? items : undefined}
          hasOlder={(list.shown?.nextCursor ?? null) !== null}
          cursor={cursor.at}
          selection={mayChange ? selection : undefined}
          onToggle={toggle}
          onToggleAll={() => {
            const ids = new Set(items.map((job) => job.job_id));
            setSelection(hasSelection ? NONE : { kind: 'some', ids });
          }}
          onEnd={list.loadOlder}
        />
      )}
    </Page>
  );
}

/** Whether the rows must not move, because the user is pointing at a row, has focused a row, or has scrolled down. */
function isHeld(table: HTMLElement | null): boolean {
  return table !== null && (table.matches(':hover, :focus-within') || table.scrollTop > 0);
}

function ListProblem({ error }: { error: Error }) {
  return (
    <Notice title={error instanceof ErrandError ? error.title : 'The list can’t be shown'}>
      <p>{errorText(error)}</p>
    </Notice>
  );
}
