import { Link } from '@tanstack/react-router';
import { useQueues } from '../api/queues.ts';
import { Icon } from '../parts/icon.tsx';
import { Time } from '../parts/time.tsx';

/** Lists the paused queues and job types, with the start time of each pause. Shown on every screen. */
export function PausedBanner() {
  const { data } = useQueues();
  const paused = [
    ...(data?.items ?? []).flatMap(({ queue, paused_at: at }) =>
      at === null ? [] : [{ name: `The ${queue} queue`, at }],
    ),
    ...(data?.paused_types ?? []).map(({ type, paused_at: at }) => ({ name: `The ${type} type`, at })),
  ];
  if (paused.length === 0) return null;
  return (
    <div role="status" class="banner banner-warning">
      <Icon name="pause" />
      <span>
        {paused.map(({ name, at }, index) => (
          <span key={name}>
            {index > 0 && ' · '}
            {name} has been paused since <Time at={at} />
          </span>
        ))}
      </span>
      <Link to="/queues" search={{}}>
        Show the queues
      </Link>
    </div>
  );
}
