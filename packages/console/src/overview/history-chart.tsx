import { useNavigate } from '@tanstack/react-router';
import type { Schema } from 'errand-client';
import { formatMinute } from '../format/moment.ts';
import { counted, formatCount } from '../format/number.ts';
import { filled } from './history.ts';
import './history-chart.css';

/** Shows ended jobs per period, with failed jobs stacked on succeeded ones. A click on a bar shows that period's jobs. */
export function HistoryChart({ history }: { history: Schema<'History'> }) {
  const navigate = useNavigate();
  const points = filled(history.series[0]?.points ?? [], history);
  const ended = points.map(({ point }) => (point ? point.succeeded + point.failed + point.canceled : 0));
  const most = Math.max(1, ...ended);
  const now = Date.parse(history.to);
  const total = ended.reduce((sum, each) => sum + each, 0);
  const failures = points.reduce((sum, { point }) => sum + (point?.failed ?? 0), 0);
  return (
    <figure class="chart">
      <figcaption class="visually-hidden">
        {counted(total, 'job')} ended, {formatCount(failures)} of them failed.
      </figcaption>
      <div class="chart-scale muted" aria-hidden="true">
        <span>{formatCount(most)}</span>
        <span>0</span>
      </div>
      <div class="chart-bars">
        {points.map(({ time, point }) => {
          const { succeeded = 0, failed = 0, canceled = 0 } = point ?? {};
          const words = `${formatMinute(time, now)}: ${formatCount(succeeded)} succeeded, ${formatCount(failed)} failed, ${formatCount(canceled)} canceled`;
          return (
            <button
              key={time}
              type="button"
              class="chart-step"
              title={words}
              aria-label={words}
              disabled={!point}
              onClick={() => {
                const after = new Date(time).toISOString();
                const before = new Date(time + history.step * 1000).toISOString();
                void navigate({ to: '/jobs', search: { after, before } });
              }}
            >
              <Part count={failed} most={most} tone="failed" />
              <Part count={canceled} most={most} tone="idle" />
              <Part count={succeeded} most={most} tone="success" />
            </button>
          );
        })}
      </div>
      <div class="chart-times muted" aria-hidden="true">
        <span>{formatMinute(history.from, now)}</span>
        <span>{formatMinute(Date.parse(history.from) / 2 + now / 2, now)}</span>
        <span>now</span>
      </div>
    </figure>
  );
}

function Part({ count, most, tone }: { count: number; most: number; tone: string }) {
  if (count === 0) return null;
  return <span class={`chart-part chart-${tone}`} style={{ height: `max(2px, ${(count / most) * 100}%)` }} />;
}
