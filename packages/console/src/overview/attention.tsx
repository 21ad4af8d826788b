import { useQuery } from '@tanstack/preact-query';
import { Link } from '@tanstack/react-router';
import { dataOf, type Schema } from 'errand-client';
import type { ComponentChildren } from 'preact';
import { useQueues } from '../api/queues.ts';
import { useNow } from '../app/now.ts';
import { errand } from '../app/session.ts';
import { formatDuration } from '../format/duration.ts';
import { formatMinute } from '../format/moment.ts';
import { counted, formatCount } from '../format/number.ts';
import { StatusShape } from '../parts/status.tsx';
import { failingTypes, type FailingType } from './history.ts';
import './attention.css';

/** How many seconds the oldest job may wait for a worker before the page reports a problem. */
const LONG_WAIT = 60;

export interface AttentionProps {
  readonly byType: Schema<'History'>;
  readonly statistics: Schema<'Statistics'>;
}

/** Lists each current problem, such as a failing job type or a paused queue, in one sentence with a link. */
export function Attention({ byType, statistics }: AttentionProps) {
  const queues = useQueues();
  const failing = failingTypes(byType.series);
  const paused = (queues.data?.items ?? []).filter((queue) => queue.paused_at !== null);
  const waiting = statistics.oldest_waiting;
  const isSlow = waiting !== null && waiting.age_seconds > LONG_WAIT;
  const dead = statistics.dead_letter_queue?.visible ?? 0;
  const isCalm = failing.length === 0 && paused.length === 0 && !isSlow && dead === 0;
  return (
    <section aria-labelledby="attention" class="attention">
      <h2 id="attention">Needs attention</h2>
      <ul>
        {failing.map((each) => (
          <Failing key={each.type} failing={each} />
        ))}
        {paused.map((queue) => (
          <Paused key={queue.queue} queue={queue} />
        ))}
        {isSlow && (
          <Item tone="warning" shape="created">
            A{' '}
            <Link to="/jobs/$jobId" params={{ jobId: waiting.job_id }} search={{}}>
              {waiting.type} job
            </Link>{' '}
            has waited for {formatDuration(waiting.age_seconds * 1000)}: all workers are busy, or a worker is
            missing
          </Item>
        )}
        {dead > 0 && (
          <Item tone="failed" shape="failed">
            {counted(dead, 'message')} in the dead-letter queue: no worker could take them
          </Item>
        )}
        {isCalm && (
          <Item tone="success" shape="success">
            Nothing: no job type fails, no queue is paused, nothing waits for long
          </Item>
        )}
      </ul>
    </section>
  );
}

/** Shows a failing job type: `resize has been failing since 02:41: 312 of 340 attempts, "ECONNREFUSED images.internal"`. */
function Failing({ failing: { type, since, failed, attempts } }: { failing: FailingType }) {
  const now = useNow();
  const latest = useQuery({
    queryKey: ['latest-failure', type],
    queryFn: async () => {
      const query = { status: 'failed', type, limit: 1 };
      return (
        dataOf(await errand.http.GET('/v1/jobs', { params: { query: query as never } })).items[0] ?? null
      );
    },
    staleTime: 30_000,
  });
  const message = latest.data?.message ?? undefined;
  return (
    <Item tone="failed" shape="failed">
      <Link to="/jobs" search={{ type, status: 'failed' }}>
        {type} has been failing
      </Link>{' '}
      since {formatMinute(since, now)}: {formatCount(failed)} of {counted(attempts, 'attempt')}
      {message !== undefined && (
        <>
          , <q class="mono">{message}</q>
        </>
      )}
    </Item>
  );
}

function Paused({ queue }: { queue: Schema<'Queue'> }) {
  const now = useNow();
  return (
    <Item tone="warning" shape="held">
      <Link to="/queues" search={{}}>
        The queue {queue.queue} is paused
      </Link>
      {queue.paused_at !== null && ` since ${formatMinute(queue.paused_at, now)}`}:{' '}
      {counted(queue.waiting, 'job')} {queue.waiting === 1 ? 'waits' : 'wait'}
    </Item>
  );
}

interface ItemProps {
  readonly tone: 'failed' | 'warning' | 'success';
  readonly shape: 'failed' | 'held' | 'created' | 'success';
  readonly children: ComponentChildren;
}

function Item({ tone, shape, children }: ItemProps) {
  return (
    <li>
      <span class={`tone-${tone}`}>
        <StatusShape status={shape} />
      </span>
      <span class="attention-sentence">{children}</span>
    </li>
  );
}
