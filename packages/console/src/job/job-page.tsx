import { useQuery } from '@tanstack/preact-query';
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { ErrandError, type Job } from 'errand-client';
import { errorText } from '../api/error-text.ts';
import { pollInterval } from '../api/polling.ts';
import { errand } from '../app/session.ts';
import { JsonView } from '../parts/json-view.tsx';
import { Live } from '../parts/live.tsx';
import { Notice } from '../parts/notice.tsx';
import { ProgressBar } from '../parts/progress.tsx';
import { Status } from '../parts/status.tsx';
import { Tabs } from '../parts/tabs.tsx';
import { useTitle } from '../parts/page.tsx';
import { Facts } from './facts.tsx';
import { Failure } from './failure.tsx';
import { JobActions } from './job-actions.tsx';
import { LogView } from './log-view.tsx';
import { Timeline } from './timeline-view.tsx';
import { useHistoryOfJob } from './use-history-of-job.ts';
import { WaitLine } from './wait-line.tsx';
import './job-page.css';

export function JobPage() {
  const { jobId } = useParams({ from: '/jobs/$jobId' });
  const job = useQuery({
    queryKey: ['job', jobId],
    queryFn: () => errand.get(jobId),
    refetchInterval: (query) => {
      if (query.state.error instanceof ErrandError && query.state.error.status === 404) return false;
      return query.state.data && hasEnded(query.state.data) ? 30_000 : pollInterval(query);
    },
  });
  if (!job.data)
    return job.error ? <Missing error={job.error} jobId={jobId} /> : <div class="page" aria-busy="true" />;
  if (job.error instanceof ErrandError && job.error.status === 404) {
    return <Missing error={job.error} jobId={jobId} />;
  }
  return <Loaded key={jobId} job={job.data} isStale={job.isError} />;
}

function hasEnded({ status }: Job): boolean {
  return status !== 'created' && status !== 'running';
}

function Loaded({ job, isStale }: { job: Job; isStale: boolean }) {
  useTitle(`${job.type} ${job.object_id ?? job.job_id.slice(-6)}`);
  const ended = hasEnded(job);
  const history = useHistoryOfJob(job);
  const last = history.attempts
    .toSorted((a, b) => b.attempt - a.attempt)
    .find(({ message }) => message !== null);
  return (
    <div class="page job-page">
      <header class="job-header">
        <nav aria-label="Way back">
          <Link to="/jobs" search={{}}>
            Jobs
          </Link>
          <span class="muted" aria-hidden="true">
            /
          </span>
          {job.parent_job_id !== null && (
            <>
              <Link to="/jobs/$jobId" params={{ jobId: job.parent_job_id }} search={{}}>
                Parent
              </Link>
              <span class="muted" aria-hidden="true">
                /
              </span>
            </>
          )}
          <span class="muted mono clip">{job.job_id}</span>
        </nav>
        <div class="job-title">
          <h1>
            {job.type}
            {job.object_id !== null && <span class="job-object-id"> {job.object_id}</span>}
          </h1>
          <Status status={job.status} held={job.held_by !== null} />
          {!ended && <Live isStale={isStale} />}
          <JobActions job={job} />
        </div>
        <WaitLine job={job} steps={history.steps} />
        {job.status === 'running' && job.progress && (
          <p class="job-progress-line">
            <ProgressBar fraction={job.progress.fraction} label="Progress" />
            {job.progress.note !== null && <span class="muted">{job.progress.note}</span>}
          </p>
        )}
      </header>
      <div class="job-columns">
        <div class="job-main">
          {job.message !== null && job.status !== 'success' && (
            <Failure message={job.message} attempt={last} />
          )}
          <Timeline job={job} history={history} isCut={history.isCut} />
          <JobTabs job={job} />
        </div>
        <aside aria-label="Facts">
          <Facts job={job} />
        </aside>
      </div>
    </div>
  );
}

const TABS = ['payload', 'result', 'logs', 'raw'] as const;
type TabId = (typeof TABS)[number];
const TAB_NAMES: Readonly<Record<TabId, string>> = {
  payload: 'Payload',
  result: 'Result',
  logs: 'Logs',
  raw: 'Raw',
};

function JobTabs({ job }: { job: Job }) {
  const { tab } = useSearch({ from: '/jobs/$jobId' });
  const navigate = useNavigate();
  const usual: TabId = job.status === 'success' ? 'result' : job.status === 'created' ? 'payload' : 'logs';
  const current = TABS.find((each) => each === tab) ?? usual;
  return (
    <Tabs
      label="Parts of the job"
      tabs={TABS.map((id) => ({ id, name: TAB_NAMES[id] }))}
      current={current}
      onChange={(id) => {
        const params = { jobId: job.job_id };
        void navigate({ to: '/jobs/$jobId', params, search: { tab: id }, replace: true });
      }}
    >
      {current === 'payload' && <JsonView value={job.payload} label="Payload" />}
      {current === 'result' &&
        (job.status === 'success' ? (
          <JsonView value={job.result} label="Result" />
        ) : (
          <Notice title="No result yet">
            <p>What the handler returns stands here once the job has succeeded.</p>
          </Notice>
        ))}
      {current === 'logs' && <LogView jobId={job.job_id} hasEnded={hasEnded(job)} />}
      {current === 'raw' && <JsonView value={job} label="The job as the API returns it" />}
    </Tabs>
  );
}

function Missing({ error, jobId }: { error: Error; jobId: string }) {
  useTitle('Job');
  const isGone = error instanceof ErrandError && (error.status === 404 || error.status === 400);
  return (
    <Notice title={isGone ? 'This job does not exist' : 'The job can’t be shown'}>
      <p>
        {isGone
          ? `There is no job ${jobId}. Jobs are deleted some time after they have ended.`
          : errorText(error)}
      </p>
      <Link to="/jobs" search={{}}>
        Go to the jobs
      </Link>
    </Notice>
  );
}
