import { Link } from '@tanstack/react-router';
import type { Schema } from 'errand-client';
import { useNow } from '../app/now.ts';
import { formatDuration } from '../format/duration.ts';
import { formatAbsolute } from '../format/moment.ts';
import { timeScale, type TimeScale } from './time-scale.ts';
import type { Segment, TimelineRow } from './timeline-row.ts';
import { timelineRows, timeTaken, type JobHistory } from './timeline.ts';
import './timeline.css';

export interface TimelineProps {
  readonly job: Schema<'Job'>;
  readonly history: JobHistory;
  /** Whether the job has more steps or children than are shown. */
  readonly isCut: boolean;
}

/** Shows the job's life on a single time axis. */
export function Timeline({ job, history, isCut }: TimelineProps) {
  const now = useNow();
  const rows = timelineRows(job, history, now);
  const start = Date.parse(job.create_time);
  const latest = Math.max(
    start,
    ...rows.flatMap(({ segments }) => segments.map(({ from, to }) => Math.max(from, to ?? now))),
  );
  const end = job.end_time === null ? latest : Math.max(latest, Date.parse(job.end_time));
  const work = rows.flatMap(({ segments }) => segments.filter(({ kind }) => kind === 'work'));
  const scale = timeScale(
    start,
    end,
    work.map(({ from, to }) => ({ from, to: to ?? end })),
  );
  return (
    <section class="timeline" aria-label="Timeline">
      <header class="timeline-head">
        <h2>Timeline</h2>
        <span class="muted">
          {formatDuration(end - start)} in all
          {scale.shortened.length > 0 && ', long waits are drawn shorter'}
        </span>
      </header>
      <ol>
        {rows.map((row) => (
          <Row key={row.key} row={row} scale={scale} end={end} />
        ))}
      </ol>
      {history.children.length > 0 && (
        <p class="timeline-foot">
          {isCut && <span class="muted">The first steps and child jobs are shown. </span>}
          <Link to="/jobs" search={{ parent: job.job_id }}>
            Show the child jobs as a list
          </Link>
        </p>
      )}
      {history.children.length === 0 && isCut && (
        <p class="timeline-foot muted">The first {history.steps.length} steps are shown.</p>
      )}
    </section>
  );
}

function Row({ row, scale, end }: { row: TimelineRow; scale: TimeScale; end: number }) {
  const taken = timeTaken(row, end);
  return (
    <li class="timeline-row" data-depth={row.depth}>
      <div class="timeline-line">
        <span class="timeline-label clip" title={`${row.label} ${row.kind}`.trim()}>
          {row.childJobId === null ? (
            row.label
          ) : (
            <Link to="/jobs/$jobId" params={{ jobId: row.childJobId }} search={{}}>
              {row.label}
            </Link>
          )}
          {row.kind !== '' && <span class="timeline-kind muted"> {row.kind}</span>}
        </span>
        <span class="timeline-track">
          {row.segments.map((segment) => (
            <Bar key={`${segment.kind}-${segment.from}`} segment={segment} scale={scale} end={end} />
          ))}
        </span>
        <span class={`timeline-outcome tone-${row.tone}`}>{row.outcome}</span>
        <span class="timeline-took">{taken !== undefined && formatDuration(taken)}</span>
      </div>
      {row.message !== null && <p class={`timeline-message mono tone-${row.tone}`}>{row.message}</p>}
    </li>
  );
}

function Bar({ segment, scale, end }: { segment: Segment; scale: TimeScale; end: number }) {
  const { from, to = end, kind, tone, label } = segment;
  const left = scale.at(from);
  const width = scale.at(to) - left;
  const isShortened = scale.shortened.some((each) => each.from >= from && each.to <= to);
  return (
    <span
      class={`timeline-bar timeline-${kind} fill-${tone}`}
      data-lasts={segment.to === undefined}
      data-shortened={isShortened && kind === 'wait'}
      style={{ left: `${left * 100}%`, width: `max(3px, ${width * 100}%)` }}
      title={`${label}: ${formatDuration(to - from)}, from ${formatAbsolute(from)}`}
    />
  );
}
