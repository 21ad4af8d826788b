import { Link } from '@tanstack/react-router';
import type { Schema } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { useQueues } from '../api/queues.ts';
import { useScope } from '../app/session.ts';
import { formatCount } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { Live } from '../parts/live.tsx';
import { Notice } from '../parts/notice.tsx';
import { Page } from '../parts/page.tsx';
import { StatusShape } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';
import { ConcurrencyKeys } from './concurrency-keys.tsx';
import { PausedTypes } from './paused-types.tsx';
import { PauseDialog, type PauseTarget } from './pause-dialog.tsx';
import '../parts/table.css';
import './queues.css';

export function QueuesPage() {
  const queues = useQueues();
  const [target, setTarget] = useState<PauseTarget>();
  const mayPause = useScope('admin');
  return (
    <Page title="Queues" actions={<Live isStale={queues.isError} />}>
      {queues.error && !queues.data && (
        <Notice title="The queues can’t be shown">
          <p>{errorText(queues.error)}</p>
        </Notice>
      )}
      <div class="queues">
        <div class="table-scroll" tabIndex={0} role="group" aria-label="Queues">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Queue</th>
                <th scope="col">State</th>
                <th scope="col" class="number">
                  Waiting
                </th>
                <th scope="col" class="number minor" title="Held by a pause">
                  Paused
                </th>
                <th scope="col" class="number minor" title="Held because their concurrency key is full">
                  Key full
                </th>
                <th scope="col" class="number minor" title="Held by a rate limit">
                  Rate
                </th>
                <th scope="col" class="number">
                  Running
                </th>
                <th scope="col" class="number minor">
                  Oldest due
                </th>
                {mayPause && (
                  <th scope="col">
                    <span class="visually-hidden">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {queues.data?.items.map((queue) => (
                <QueueRow key={queue.queue} queue={queue} {...(mayPause && { onChange: setTarget })} />
              ))}
            </tbody>
          </table>
        </div>
        <PausedTypes types={queues.data?.paused_types ?? []} onChange={setTarget} />
        <ConcurrencyKeys />
      </div>
      {target && (
        <PauseDialog
          target={target}
          onClose={() => {
            setTarget(undefined);
          }}
        />
      )}
    </Page>
  );
}

interface QueueRowProps {
  readonly queue: Schema<'Queue'>;
  /** Opens the pause dialog; undefined for a user without permission to change anything. */
  readonly onChange?: (target: PauseTarget) => void;
}

function QueueRow({ queue, onChange }: QueueRowProps) {
  const { queue: name, paused_at: pausedAt, held, oldest_waiting: oldest } = queue;
  const isPaused = pausedAt !== null;
  return (
    <tr>
      <th scope="row">
        <Link to="/jobs" search={{ queue: name }}>
          {name}
        </Link>
      </th>
      <td>
        {isPaused ? (
          <span class="status tone-warning" title={queue.paused_by ?? undefined}>
            <StatusShape status="held" />
            paused <Time at={pausedAt} />
          </span>
        ) : (
          <span class="status tone-success">
            <StatusShape status="success" />
            runs
          </span>
        )}
      </td>
      <td class="number">{formatCount(queue.waiting)}</td>
      <td class="number minor">{heldCount(held.pause)}</td>
      <td class="number minor">{heldCount(held.concurrency)}</td>
      <td class="number minor">{heldCount(held.rate)}</td>
      <td class="number">{formatCount(queue.running)}</td>
      <td class="number minor">
        {oldest ? (
          <Link to="/jobs/$jobId" params={{ jobId: oldest.job_id }} search={{}}>
            <Time at={oldest.due_at} />
          </Link>
        ) : (
          '–'
        )}
      </td>
      {onChange && (
        <td class="number">
          <Button
            onClick={() => {
              onChange({ kind: 'queue', name, isPaused, waiting: queue.waiting });
            }}
          >
            {isPaused ? 'Resume…' : 'Pause…'}
          </Button>
        </td>
      )}
    </tr>
  );
}

/** The API stops counting held jobs at this number. */
const MOST_HELD = 10_000;

function heldCount(count: number) {
  if (count === 0) return <span class="muted">–</span>;
  return `${formatCount(count)}${count >= MOST_HELD ? '+' : ''}`;
}
