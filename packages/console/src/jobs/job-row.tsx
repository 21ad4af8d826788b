import { Link } from '@tanstack/react-router';
import { memo } from 'preact/compat';
import { useNow } from '../app/now.ts';
import { waitReason } from '../job/wait-reason.ts';
import { ProgressBar } from '../parts/progress.tsx';
import { Status } from '../parts/status.tsx';
import { Elapsed, Time } from '../parts/time.tsx';
import type { JobSummary } from './job-list.ts';

export interface JobRowProps {
  /** The job; undefined while the list is loading. */
  readonly job: JobSummary | undefined;
  readonly index: number;
  readonly top: number;
  readonly isCurrent: boolean;
  readonly selected: boolean | undefined;
  readonly selectable: boolean;
  readonly onToggle: (jobId: string) => void;
}

/**
 * A row of the job list. The row is memoized, because a list has many rows, and moving the cursor changes only two rows.
 */
export const JobRow = memo(function JobRow({
  job,
  index,
  top,
  isCurrent,
  selected,
  selectable,
  onToggle,
}: JobRowProps) {
  const place = { transform: `translateY(${top}px)` };
  if (!job) {
    return (
      <div role="row" class="job-row job-row-placed job-row-loading" style={place}>
        {selectable && <span role="cell" class="job-check" />}
        {Array.from({ length: 7 }, (_each, cell) => (
          <span role="cell" key={cell}>
            <span class="skeleton" />
          </span>
        ))}
      </div>
    );
  }
  const { job_id: jobId, type, object_id: objectId, attempt, max_attempts: attempts } = job;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      class="job-row job-row-placed"
      data-current={isCurrent}
      data-selected={selected === true}
      style={place}
    >
      {selectable && (
        <span role="cell" class="job-check">
          <input
            type="checkbox"
            aria-label={`Select ${type} ${objectId ?? jobId}`}
            checked={selected}
            onChange={() => {
              onToggle(jobId);
            }}
          />
        </span>
      )}
      <span role="cell" class="job-status">
        <Status status={job.status} held={job.held_by !== null} />
      </span>
      <span role="cell" class="job-type clip">
        <Link to="/jobs/$jobId" params={{ jobId }} search={{}} className="job-link">
          {type}
        </Link>
      </span>
      <span role="cell" class="job-object clip mono" title={objectId ?? jobId}>
        {objectId ?? <span class="muted">{jobId.slice(-12)}</span>}
      </span>
      <span role="cell" class="job-details clip">
        <Details job={job} />
      </span>
      <span role="cell" class="job-number job-attempt">
        {attempt > 0 ? `${attempt}/${attempts}` : <span class="muted">–</span>}
      </span>
      <span role="cell" class="job-number job-took">
        {job.start_time === null ? (
          <span class="muted">–</span>
        ) : (
          <Elapsed from={job.start_time} to={job.end_time} />
        )}
      </span>
      <span role="cell" class="job-number job-created muted">
        <Time at={job.create_time} />
      </span>
    </div>
  );
});

/** Shows the most important fact about a job: its error, its progress, the reason for its wait, or its tags. */
function Details({ job }: { job: JobSummary }) {
  const now = useNow();
  if (job.status === 'running') {
    if (job.cancel_requested) return <span class="muted">Asked to stop</span>;
    if (!job.progress) return <Tags job={job} />;
    const { fraction, note } = job.progress;
    return (
      <span class="job-progress">
        <ProgressBar fraction={fraction} label="Progress" />
        {note !== null && <span class="muted clip">{note}</span>}
      </span>
    );
  }
  const waiting = waitReason(job, now);
  if (waiting !== undefined) return <span class="muted">{waiting}</span>;
  if (job.status === 'failed' && job.message !== null) {
    return (
      <span class="job-message" title={job.message}>
        {job.message}
      </span>
    );
  }
  return <Tags job={job} />;
}

function Tags({ job: { tags, metadata } }: { job: JobSummary }) {
  const facts = [...tags, ...Object.entries(metadata).map(([name, value]) => `${name}=${value}`)];
  if (facts.length === 0) return null;
  return <span class="muted">{facts.join(' · ')}</span>;
}
