import { useVirtualizer } from '@tanstack/react-virtual';
import { forwardRef } from 'preact/compat';
import { useEffect, useRef } from 'preact/hooks';
import type { Ref } from 'preact';
import { useNarrow } from '../app/media.ts';
import type { JobSummary } from './job-list.ts';
import { JobRow } from './job-row.tsx';
import { isSelected, type Selection } from './selection.ts';
import './job-table.css';

export interface JobTableProps {
  /** The jobs. Undefined while the list is loading; the table then shows placeholder rows. */
  readonly jobs: readonly JobSummary[] | undefined;
  readonly hasOlder: boolean;
  /** The index of the row with the keyboard cursor. */
  readonly cursor: number;
  /** The selection; undefined for a user without permission to change anything. */
  readonly selection: Selection | undefined;
  readonly onToggle: (jobId: string) => void;
  readonly onToggleAll: () => void;
  readonly onEnd: () => void;
}

const ROW_HEIGHT = 36;
const NARROW_ROW_HEIGHT = 60;
const PLACEHOLDERS = 12;

/** A table that renders only its visible rows, however long the list is. */
export const JobTable = forwardRef(function JobTable(
  { jobs, hasOlder, cursor, selection, onToggle, onToggleAll, onEnd }: JobTableProps,
  outer: Ref<HTMLDivElement>,
) {
  const scroller = useRef<HTMLDivElement | null>(null);
  const height = useNarrow() ? NARROW_ROW_HEIGHT : ROW_HEIGHT;
  const count = jobs?.length ?? PLACEHOLDERS;
  const rows = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
  });
  useEffect(() => {
    rows.measure();
  }, [height]);
  useEffect(() => {
    if (cursor >= 0) rows.scrollToIndex(cursor);
  }, [cursor]);
  const items = rows.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (hasOlder && last >= count - 20) onEnd();
  });

  return (
    <div
      ref={(element) => {
        scroller.current = element;
        if (typeof outer === 'function') outer(element);
        else if (outer) outer.current = element;
      }}
      class="job-table"
      role="table"
      aria-label="Jobs"
      aria-rowcount={jobs ? (hasOlder ? -1 : count + 1) : undefined}
      aria-busy={!jobs}
      data-selectable={selection !== undefined}
      tabIndex={0}
    >
      <div role="rowgroup" class="job-table-head">
        <div role="row" class="job-row">
          {selection && (
            <span role="columnheader" class="job-check">
              <input
                type="checkbox"
                aria-label="Select all rows"
                checked={selection.kind === 'all' || (count > 0 && selection.ids.size === count)}
                onChange={onToggleAll}
              />
            </span>
          )}
          <span role="columnheader">Status</span>
          <span role="columnheader">Type</span>
          <span role="columnheader">Object</span>
          <span role="columnheader">Details</span>
          <span role="columnheader" class="job-number">
            Attempt
          </span>
          <span role="columnheader" class="job-number">
            Took
          </span>
          <span role="columnheader" class="job-number">
            Created
          </span>
        </div>
      </div>
      <div role="rowgroup" class="job-table-body" style={{ height: `${rows.getTotalSize()}px` }}>
        {items.map(({ index, start }) => {
          const job = jobs?.[index];
          return (
            <JobRow
              key={job?.job_id ?? index}
              job={job}
              index={index}
              top={start}
              isCurrent={index === cursor}
              selected={selection && job ? isSelected(selection, job.job_id) : undefined}
              selectable={selection !== undefined}
              onToggle={onToggle}
            />
          );
        })}
      </div>
    </div>
  );
});
