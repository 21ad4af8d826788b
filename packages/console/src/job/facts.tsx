import { Link } from '@tanstack/react-router';
import type { Schema } from 'errand-client';
import type { ComponentChildren } from 'preact';
import { formatDuration } from '../format/duration.ts';
import { CopyButton } from '../parts/copy-button.tsx';
import { Time } from '../parts/time.tsx';
import './facts.css';

/** Shows the job's fields, such as its queue, times and options, but not its outcome. */
export function Facts({ job }: { job: Schema<'Job'> }) {
  return (
    <dl class="facts">
      <Id name="Job" id={job.job_id} />
      {job.object_id !== null && <Id name="Object" id={job.object_id} link={{ object: job.object_id }} />}
      <Fact name="Queue">
        <Link to="/jobs" search={{ queue: job.queue }}>
          {job.queue}
        </Link>
      </Fact>
      <Fact name="Created">
        <Time at={job.create_time} />
      </Fact>
      {job.start_time !== null && (
        <Fact name="Started">
          <Time at={job.start_time} />
        </Fact>
      )}
      {job.end_time !== null && (
        <Fact name="Ended">
          <Time at={job.end_time} />
        </Fact>
      )}
      <Fact name="Attempts">
        {job.attempt} of {job.max_attempts}, up to {formatDuration(job.timeout_seconds * 1000)} each
      </Fact>
      <Fact name="Priority">{job.priority}</Fact>
      {job.concurrency && (
        <Fact name="Concurrency">
          {job.concurrency.limit} at once with the key {job.concurrency.key}
        </Fact>
      )}
      {job.rate_limit && (
        <Fact name="Rate limit">
          {job.rate_limit.limit} every {job.rate_limit.per_seconds} s with the key {job.rate_limit.key}
        </Fact>
      )}
      {job.batch_id !== null && <Id name="Batch" id={job.batch_id} link={{ batch: job.batch_id }} />}
      {job.tags.length > 0 && (
        <Fact name="Tags">
          {job.tags.map((tag) => (
            <Link key={tag} to="/jobs" search={{ tag }} className="tag">
              {tag}
            </Link>
          ))}
        </Fact>
      )}
      {Object.entries(job.metadata).map(([name, value]) => (
        <Fact key={name} name={name}>
          <Link to="/jobs" search={{ metadata: `${name}:${value}` }}>
            {String(value)}
          </Link>
        </Fact>
      ))}
      {job.parent_job_id !== null && (
        <Fact name="Parent">
          <Link to="/jobs/$jobId" params={{ jobId: job.parent_job_id }} search={{}}>
            The job whose step submitted it
          </Link>
        </Fact>
      )}
      {job.callback_job_id !== null && (
        <Fact name="Callback">
          <Link to="/jobs/$jobId" params={{ jobId: job.callback_job_id }} search={{}}>
            The job that sends the outcome
          </Link>
        </Fact>
      )}
      {job.trace_id !== null && <Id name="Trace" id={job.trace_id} />}
    </dl>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Id({ name, id, link }: { name: string; id: string; link?: { object?: string; batch?: string } }) {
  return (
    <Fact name={name}>
      <span class="fact-id">
        {link ? (
          <Link to="/jobs" search={link} className="mono clip" title={id}>
            {id}
          </Link>
        ) : (
          <span class="mono clip" title={id}>
            {id}
          </span>
        )}
        <CopyButton text={id} label={`Copy the ${name.toLowerCase()} id`} />
      </span>
    </Fact>
  );
}
