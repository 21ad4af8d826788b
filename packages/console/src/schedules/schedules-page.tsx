import { useNavigate, Link } from '@tanstack/react-router';
import { dataOf, type Schema } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { useItems } from '../api/use-items.ts';
import { errand, useScope } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { ListScreen, type Column } from '../parts/list-screen.tsx';
import { Problem } from '../parts/problem.tsx';
import { Status, StatusShape } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';

type Schedule = Schema<'Schedule'>;

export function SchedulesPage() {
  const list = useItems(['schedules'], async (cursor) =>
    dataOf(await errand.http.GET('/v1/schedules', { params: { query: cursor } })),
  );
  const mayChange = useScope('admin');
  const maySubmit = useScope('submit');
  const navigate = useNavigate();
  const [error, setError] = useState<string>();
  const act = (action: () => Promise<void>): void => {
    setError(undefined);
    action().catch((reason: unknown) => {
      setError(errorText(reason));
    });
  };
  const runNow = (schedule: Schedule): void => {
    act(async () => {
      const { job_id: jobId } = await submitNow(schedule);
      await navigate({ to: '/jobs/$jobId', params: { jobId }, search: {} });
    });
  };
  const switchState = (schedule: Schedule): void => {
    act(async () => {
      const params = { path: { name: schedule.name } };
      if (schedule.state === 'started')
        dataOf(await errand.http.PUT('/v1/schedules/{name}/stop', { params }));
      else dataOf(await errand.http.PUT('/v1/schedules/{name}/start', { params }));
      list.refresh();
    });
  };
  const actions: Column<Schedule> = {
    name: 'Actions',
    class: 'number actions',
    cell: (schedule) => (
      <span class="schedule-actions">
        {maySubmit && (
          <Button
            onClick={() => {
              runNow(schedule);
            }}
          >
            Run now
          </Button>
        )}
        {mayChange && (
          <Button
            onClick={() => {
              switchState(schedule);
            }}
          >
            {schedule.state === 'started' ? 'Stop' : 'Start'}
          </Button>
        )}
      </span>
    ),
  };
  return (
    <ListScreen
      title="Schedules"
      list={list}
      columns={maySubmit || mayChange ? [...COLUMNS, actions] : COLUMNS}
      keyOf={({ name }) => name}
      empty={{
        title: 'No schedules yet',
        text: (
          <>
            <p>A schedule submits a job at each of its times:</p>
            <pre>{`npx errand schedule put report --cron '0 9 ? * MON-FRI *' --type sleep`}</pre>
          </>
        ),
      }}
    >
      <Problem>{error}</Problem>
    </ListScreen>
  );
}

const COLUMNS: readonly Column<Schedule>[] = [
  { name: 'Schedule', cell: ({ name }) => name },
  {
    name: 'State',
    cell: ({ state }) =>
      state === 'started' ? (
        <span class="status tone-success">
          <StatusShape status="success" />
          started
        </span>
      ) : (
        <span class="status tone-warning">
          <StatusShape status="held" />
          stopped
        </span>
      ),
  },
  {
    name: 'Times',
    class: 'minor',
    cell: ({ rate, cron, timezone }) => (
      <span class="mono" title={timezone}>
        {rate ?? cron} {cron !== null && timezone !== 'UTC' && <span class="muted">{timezone}</span>}
      </span>
    ),
  },
  {
    name: 'Job',
    class: 'minor',
    cell: ({ job }) => (
      <Link to="/jobs" search={{ type: job.type }}>
        {job.type}
      </Link>
    ),
  },
  {
    name: 'Next',
    class: 'number',
    cell: ({ next_time: next }) => (next === null ? <span class="muted">–</span> : <Time at={next} />),
  },
  {
    name: 'Last',
    class: 'minor',
    cell: ({ last_time: time, last_job_id: jobId, last_outcome: outcome }) =>
      time === null ? (
        <span class="muted">never</span>
      ) : (
        <span class="schedule-last">
          {outcome !== null && <Status status={outcome} />}
          {jobId === null ? (
            <Time at={time} />
          ) : (
            <Link to="/jobs/$jobId" params={{ jobId }} search={{}}>
              <Time at={time} />
            </Link>
          )}
        </span>
      ),
  },
];

/** Submits the job that the next firing would submit. */
async function submitNow({ job }: Schedule): Promise<Schema<'SubmittedJob'>> {
  const given = Object.fromEntries(Object.entries(job).filter(([, value]) => value !== null));
  return dataOf(await errand.http.POST('/v1/jobs', { body: given as never }));
}
