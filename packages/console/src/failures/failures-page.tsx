import { useQuery } from '@tanstack/preact-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { dataOf, groupFailures, type FailureGroup } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { pollInterval } from '../api/polling.ts';
import { errand, useScope } from '../app/session.ts';
import { counted, formatCount } from '../format/number.ts';
import { BulkDialog } from '../jobs/bulk-dialog.tsx';
import { PERIODS, toQuery, type Filter } from '../jobs/filter.ts';
import type { JobSummary } from '../jobs/job-list.ts';
import { Button } from '../parts/button.tsx';
import { Live } from '../parts/live.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { Notice } from '../parts/notice.tsx';
import { Page } from '../parts/page.tsx';
import { Time } from '../parts/time.tsx';
import { sharedPart } from './shared-part.ts';
import './failures.css';

/** The maximum number of failed jobs to group, starting with the latest. */
const MOST = 1_000;
const PAGE = 200;

async function readFailures(since: string): Promise<JobSummary[]> {
  const jobs: JobSummary[] = [];
  let cursor: string | null = null;
  do {
    const query = {
      ...toQuery({ status: 'failed', since }, Date.now()),
      limit: PAGE,
      ...(cursor !== null && { cursor }),
    };
    const page: { items: JobSummary[]; next_cursor: string | null } = dataOf(
      await errand.http.GET('/v1/jobs', { params: { query: query as never } }),
    );
    jobs.push(...page.items);
    cursor = page.next_cursor;
  } while (cursor !== null && jobs.length < MOST);
  return jobs;
}

export function FailuresPage() {
  const { since = '24h' } = useSearch({ from: '/failures' });
  const navigate = useNavigate();
  const failures = useQuery({
    queryKey: ['failures', since],
    queryFn: () => readFailures(since),
    refetchInterval: (query) => Math.max(10_000, pollInterval(query)),
  });
  const [retried, setRetried] = useState<Filter>();
  const groups = failures.data && groupFailures(failures.data);
  return (
    <Page
      title="Failures"
      actions={
        <>
          <Live isStale={failures.isError} />
          <Menu label={PERIODS.get(since)?.name ?? 'Period'} align="end">
            {(close) =>
              [...PERIODS].map(([period, { name }]) => (
                <MenuItem
                  key={period}
                  checked={period === since}
                  onClick={() => {
                    close();
                    void navigate({ to: '/failures', search: { since: period } });
                  }}
                >
                  {name}
                </MenuItem>
              ))
            }
          </Menu>
        </>
      }
    >
      {failures.error && !groups && (
        <Notice title="The failures can’t be shown">
          <p>{errorText(failures.error)}</p>
        </Notice>
      )}
      {groups?.length === 0 && (
        <Notice title="No job has failed">
          <p>
            A job fails after its last attempt. Failed jobs with the same cause stand here together, and are
            retried together.
          </p>
        </Notice>
      )}
      {groups && groups.length > 0 && (
        <p class="muted failures-count">
          {counted(failures.data.length, 'failed job')}
          {failures.data.length >= MOST && ' and more'}, by type and message
        </p>
      )}
      <ul class="failures">
        {groups?.map((group) => (
          <Group
            key={`${group.type} ${group.pattern ?? ''}`}
            group={group}
            since={since}
            onRetry={setRetried}
          />
        ))}
      </ul>
      {retried && (
        <BulkDialog
          action="retry"
          filter={retried}
          jobs={undefined}
          onClose={(changed) => {
            setRetried(undefined);
            if (changed) void failures.refetch();
          }}
        />
      )}
    </Page>
  );
}

interface GroupProps {
  readonly group: FailureGroup;
  readonly since: string;
  readonly onRetry: (filter: Filter) => void;
}

function Group({ group, since, onRetry }: GroupProps) {
  const mayRetry = useScope('submit');
  const message = sharedPart(group.pattern ?? '');
  const filter: Filter = {
    status: 'failed',
    type: group.type,
    since,
    ...(message !== '' && { message }),
  };
  return (
    <li class="failure-group" data-row>
      <div class="failure-group-count">
        <strong>{formatCount(group.count)}</strong>
      </div>
      <div class="failure-group-text">
        <Link to="/jobs" search={filter} className="failure-group-type">
          {group.type}
        </Link>
        <p class="mono failure-group-message">{group.pattern ?? 'No message'}</p>
        <p class="muted failure-group-times">
          Last{' '}
          <Link to="/jobs/$jobId" params={{ jobId: group.last.job_id }} search={{}}>
            <Time at={group.last.end_time ?? group.last.create_time} />
          </Link>
          {group.count > 1 && (
            <>
              , first <Time at={group.first.end_time ?? group.first.create_time} />
            </>
          )}
        </p>
      </div>
      {mayRetry && (
        <Button
          onClick={() => {
            onRetry(filter);
          }}
        >
          Retry…
        </Button>
      )}
    </li>
  );
}
