import { Link } from '@tanstack/react-router';
import { dataOf, type Schema } from 'errand-client';
import { useItems } from '../api/use-items.ts';
import { errand } from '../app/session.ts';
import { formatCount } from '../format/number.ts';
import { ListScreen, type Column } from '../parts/list-screen.tsx';
import { ProgressBar } from '../parts/progress.tsx';
import { Time } from '../parts/time.tsx';

type Batch = Schema<'Batch'>;

export function BatchesPage() {
  const list = useItems(['batches'], async (cursor) =>
    dataOf(await errand.http.GET('/v1/batches', { params: { query: cursor } })),
  );
  return (
    <ListScreen
      title="Batches"
      list={list}
      columns={COLUMNS}
      keyOf={({ batch_id: id }) => id}
      empty={{
        title: 'No batches yet',
        text: (
          <>
            <p>The jobs of a batch are counted together, and a job runs when all have ended:</p>
            <pre>{`const batch = errand.batch('import-42');
await batch.submitMany(rows.map((row) => ({ type: 'importRow', payload: row })));
await batch.close({ onComplete: { type: 'report', payload: {} } });`}</pre>
          </>
        ),
      }}
    />
  );
}

const COLUMNS: readonly Column<Batch>[] = [
  {
    name: 'Batch',
    cell: ({ batch_id: batch }) => (
      <Link to="/jobs" search={{ batch }}>
        {batch}
      </Link>
    ),
  },
  { name: 'State', cell: ({ status }) => status },
  { name: 'Jobs', class: 'number minor', cell: ({ jobs }) => formatCount(jobs) },
  {
    name: 'Ended',
    cell: (batch) => <ProgressBar fraction={endedShare(batch)} label={`Ended jobs of ${batch.batch_id}`} />,
  },
  {
    name: 'Failed',
    class: 'number',
    cell: ({ batch_id: batch, counts }) =>
      counts.failed === 0 ? (
        <span class="muted">–</span>
      ) : (
        <Link to="/jobs" search={{ batch, status: 'failed' }} className="tone-failed">
          {formatCount(counts.failed)}
        </Link>
      ),
  },
  {
    name: 'Then',
    class: 'minor',
    cell: ({ on_complete: then }) => {
      if (!then) return <span class="muted">–</span>;
      if (then.job_id === null) return then.type;
      return (
        <Link to="/jobs/$jobId" params={{ jobId: then.job_id }} search={{}}>
          {then.type}
        </Link>
      );
    },
  },
  { name: 'Created', class: 'number minor', cell: ({ create_time: time }) => <Time at={time} /> },
];

function endedShare({ jobs, counts }: Batch): number {
  return jobs === 0 ? 0 : (counts.success + counts.failed + counts.canceled) / jobs;
}
