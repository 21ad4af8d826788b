import { useQuery } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { errand } from '../app/session.ts';
import { counted } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { ProgressBar } from '../parts/progress.tsx';
import { changeEach, changeMatching, VERBS, type BulkAction, type BulkProgress } from './bulk-change.ts';
import { isEmpty, toJobFilter, type Filter } from './filter.ts';
import type { JobSummary } from './job-list.ts';

export type { BulkAction } from './bulk-change.ts';

export interface BulkDialogProps {
  readonly action: BulkAction;
  readonly filter: Filter;
  /** The selected jobs; undefined for all jobs that match the filter. */
  readonly jobs: readonly JobSummary[] | undefined;
  readonly onClose: (changed: boolean) => void;
}

/** Shows the number of jobs that an action will change, then changes the jobs and shows the result. */
export function BulkDialog({ action, filter, jobs, onClose }: BulkDialogProps) {
  const [progress, setProgress] = useState<BulkProgress>();
  const [error, setError] = useState<string>();
  const [now] = useState(Date.now);
  const count = useQuery({
    queryKey: ['bulk-count', action, filter, now],
    queryFn: () => errand.countBulk(action, toJobFilter(filter, now)),
    enabled: jobs === undefined,
  });
  const able = jobs?.filter((job) => VERBS[action].from.includes(job.status));
  const matched = able?.length ?? count.data?.matched;
  const { verb, done, explanation } = VERBS[action];
  const isOver = progress?.isOver === true;
  const number = matched === undefined ? '… jobs' : counted(matched, 'job');
  const start = (): void => {
    setProgress({ fraction: 0, changed: 0, skipped: 0, isOver: false });
    const running = able
      ? changeEach(action, able, setProgress)
      : changeMatching(action, toJobFilter(filter, now), isEmpty(filter), setProgress);
    running.catch((reason: unknown) => {
      setError(errorText(reason));
    });
  };
  return (
    <Dialog
      title={`${verb} ${number}${count.data?.exact === false ? ' or more' : ''}`}
      onClose={() => {
        onClose(progress !== undefined);
      }}
      actions={
        progress ? undefined : (
          <Button kind="primary" disabled={!matched} onClick={start}>
            {verb} {number}
          </Button>
        )
      }
    >
      {!progress && <p class="muted">{explanation}</p>}
      {!progress && jobs && able && able.length < jobs.length && (
        <p class="muted">{counted(jobs.length - able.length, 'selected job')} can’t be changed this way.</p>
      )}
      {!progress && matched === 0 && (
        <p>Nothing to {verb.toLowerCase()}: no selected job is in such a state.</p>
      )}
      {progress && !isOver && error === undefined && (
        <ProgressBar fraction={progress.fraction} label={`${verb} jobs`} />
      )}
      {isOver && (
        <p role="status">
          {counted(progress.changed, 'job')} {done}.
          {progress.skipped > 0 && ` ${counted(progress.skipped, 'job')} could not be changed.`}
        </p>
      )}
      <Problem>{error ?? (count.error && errorText(count.error))}</Problem>
    </Dialog>
  );
}
