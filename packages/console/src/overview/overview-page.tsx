import { useQuery } from '@tanstack/preact-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { dataOf, type Schema } from 'errand-client';
import { errorText } from '../api/error-text.ts';
import { pollInterval } from '../api/polling.ts';
import { errand } from '../app/session.ts';
import { formatCount } from '../format/number.ts';
import { Live } from '../parts/live.tsx';
import { Notice } from '../parts/notice.tsx';
import { Page } from '../parts/page.tsx';
import { NoJobs } from '../jobs/no-jobs.tsx';
import { Attention } from './attention.tsx';
import { HistoryChart } from './history-chart.tsx';
import { RANGES, totalsOf, type Range } from './history.ts';
import { TypeTable } from './type-table.tsx';
import { useHistory } from './use-history.ts';
import './overview.css';

export function OverviewPage() {
  const { range = '24h' } = useSearch({ from: '/' });
  const navigate = useNavigate();
  const statistics = useQuery({
    queryKey: ['statistics'],
    queryFn: async () => dataOf(await errand.http.GET('/v1/stats')),
    refetchInterval: pollInterval,
  });
  const recent = useHistory('3h', 'type');
  const all = useHistory(range);
  const byType = useHistory(range, 'type');
  const error = statistics.error ?? all.error;
  return (
    <Page title="Overview" actions={<Live isStale={error !== null} />}>
      <div class="overview">
        {error && !statistics.data ? (
          <Notice title="The overview can’t be shown">
            <p>{errorText(error)}</p>
          </Notice>
        ) : statistics.data?.jobs.total === 0 && totalOf(all.data) === 0 ? (
          <NoJobs isFiltered={false} onClear={() => undefined} />
        ) : (
          <>
            {statistics.data && recent.data ? (
              <Attention byType={recent.data} statistics={statistics.data} />
            ) : (
              <div class="overview-placeholder" aria-busy="true" />
            )}
            <Numbers statistics={statistics.data} history={all.data} range={range} />
            <section class="overview-chart" aria-labelledby="ended">
              <header>
                <h2 id="ended">Ended jobs</h2>
                <div role="group" aria-label="Range" class="ranges">
                  {(Object.keys(RANGES) as Range[]).map((each) => (
                    <button
                      key={each}
                      type="button"
                      aria-pressed={each === range}
                      onClick={() => {
                        void navigate({ to: '/', search: { range: each }, replace: true });
                      }}
                    >
                      {RANGES[each].name}
                    </button>
                  ))}
                </div>
              </header>
              {all.data ? <HistoryChart history={all.data} /> : <div class="overview-placeholder" />}
            </section>
            {byType.data && <TypeTable history={byType.data} />}
          </>
        )}
      </div>
    </Page>
  );
}

function totalOf(history: Schema<'History'> | undefined): number | undefined {
  return history && totalsOf(history.series[0]?.points ?? []).accepted;
}

interface NumbersProps {
  readonly statistics: Schema<'Statistics'> | undefined;
  readonly history: Schema<'History'> | undefined;
  readonly range: Range;
}

function Numbers({ statistics, history, range }: NumbersProps) {
  const now = statistics?.jobs.by_status;
  const totals = history && totalsOf(history.series[0]?.points ?? []);
  const inRange = `in ${RANGES[range].name}`;
  const since = range === '24h' || range === '7d' ? { since: range } : {};
  return (
    <dl class="numbers">
      <Number name="Running" value={now?.running} note="now" search={{ status: 'running' }} />
      <Number name="Waiting" value={now?.created} note="now" search={{ status: 'created' }} />
      <Number
        name="Succeeded"
        value={totals?.succeeded}
        note={inRange}
        search={{ status: 'success', ...since }}
      />
      <Number
        name="Failed"
        value={totals?.failed}
        note={inRange}
        search={{ status: 'failed', ...since }}
        isBad={(totals?.failed ?? 0) > 0}
      />
    </dl>
  );
}

interface NumberProps {
  readonly name: string;
  readonly value: number | undefined;
  readonly note: string;
  readonly search: { readonly status: string; readonly since?: string };
  readonly isBad?: boolean;
}

function Number({ name, value, note, search, isBad = false }: NumberProps) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <Link to="/jobs" search={search} className={isBad ? 'tone-failed' : ''}>
          {value === undefined ? '–' : formatCount(value)}
        </Link>
        <span class="muted">{note}</span>
      </dd>
    </div>
  );
}
