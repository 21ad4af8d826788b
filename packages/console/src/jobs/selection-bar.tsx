import { useState } from 'preact/hooks';
import { useScope } from '../app/session.ts';
import { counted } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { BulkDialog, type BulkAction } from './bulk-dialog.tsx';
import type { Filter } from './filter.ts';
import type { JobSummary } from './job-list.ts';
import type { Selection } from './selection.ts';
import './selection-bar.css';

export interface SelectionBarProps {
  readonly filter: Filter;
  readonly selection: Selection;
  /** The selected rows that have been loaded. */
  readonly selected: readonly JobSummary[];
  readonly onSelectAll: () => void;
  readonly onDone: () => void;
}

/** Shows the actions for the selected jobs. */
export function SelectionBar({ filter, selection, selected, onSelectAll, onDone }: SelectionBarProps) {
  const [action, setAction] = useState<BulkAction>();
  const mayDelete = useScope('admin');
  const isAll = selection.kind === 'all';
  return (
    <div class="selection" role="region" aria-label="Selection">
      <strong>{isAll ? 'All jobs that match' : counted(selected.length, 'job')}</strong>
      {!isAll && (
        <button type="button" class="link-button" onClick={onSelectAll}>
          Select all that match
        </button>
      )}
      <span class="selection-actions">
        <Button
          onClick={() => {
            setAction('retry');
          }}
        >
          Retry…
        </Button>
        <Button
          onClick={() => {
            setAction('cancel');
          }}
        >
          Cancel…
        </Button>
        {isAll && mayDelete && (
          <Button
            kind="danger"
            onClick={() => {
              setAction('delete');
            }}
          >
            Delete…
          </Button>
        )}
      </span>
      {action && (
        <BulkDialog
          action={action}
          filter={filter}
          jobs={isAll ? undefined : selected}
          onClose={(changed) => {
            setAction(undefined);
            if (changed) onDone();
          }}
        />
      )}
    </div>
  );
}
