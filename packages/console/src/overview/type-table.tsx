import { Link } from '@tanstack/react-router';
import type { Schema } from 'errand-client';
import { formatDuration } from '../format/duration.ts';
import { formatCount } from '../format/number.ts';
import { p95Of, totalsOf } from './history.ts';
import '../parts/table.css';

/** Shows the time range's job types, most failures first. */
export function TypeTable({ history }: { history: Schema<'History'> }) {
  const rows = history.series
    .flatMap(({ name, points }) => (name === null ? [] : [{ name, points, totals: totalsOf(points) }]))
    .sort((a, b) => b.totals.failed - a.totals.failed || b.totals.accepted - a.totals.accepted);
  if (rows.length === 0) return null;
  return (
    <section aria-labelledby="types">
      <h2 id="types">Job types</h2>
      <div class="table-scroll" tabIndex={0} role="group" aria-labelledby="types">
        <table class="table">
          <thead>
            <tr>
              <th scope="col">Type</th>
              <th scope="col" class="number">
                Accepted
              </th>
              <th scope="col" class="number">
                Succeeded
              </th>
              <th scope="col" class="number">
                Failed
              </th>
              <th scope="col" class="number" title="95 of 100 attempts waited at most this long">
                Wait, p95
              </th>
              <th scope="col" class="number" title="95 of 100 attempts ran at most this long">
                Run, p95
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, points, totals }) => (
              <tr key={name}>
                <th scope="row">
                  <Link to="/jobs" search={{ type: name }}>
                    {name}
                  </Link>
                </th>
                <td class="number">{formatCount(totals.accepted)}</td>
                <td class="number">{formatCount(totals.succeeded)}</td>
                <td class={totals.failed > 0 ? 'number tone-failed' : 'number'}>
                  {formatCount(totals.failed)}
                </td>
                <td class="number">{durationOr(p95Of(points, 'waiting_ms'))}</td>
                <td class="number">{durationOr(p95Of(points, 'run_ms'))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function durationOr(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms);
}
