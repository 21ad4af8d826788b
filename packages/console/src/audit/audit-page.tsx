import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { dataOf, type Schema } from 'errand-client';
import { useItems } from '../api/use-items.ts';
import { errand } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import type { AuditFilter } from './audit-filter.ts';
import { ListScreen, type Column } from '../parts/list-screen.tsx';
import { Time } from '../parts/time.tsx';

type Entry = Schema<'AuditEntry'>;

export function AuditPage() {
  const filter: AuditFilter = useSearch({ from: '/audit' });
  const navigate = useNavigate();
  const list = useItems(['audit', filter], async (cursor) => {
    const query = { ...filter, ...cursor };
    return dataOf(await errand.http.GET('/v1/audit', { params: { query: query as never } }));
  });
  const columns: readonly Column<Entry>[] = [
    {
      name: 'Action',
      cell: ({ action }) => (
        <Link to="/audit" search={{ ...filter, action }}>
          {action}
        </Link>
      ),
    },
    { name: 'What', class: 'mono wide', cell: (entry) => <Subject entry={entry} /> },
    {
      name: 'Who',
      class: 'mono minor',
      cell: ({ actor }) =>
        actor === null ? (
          <span class="muted">unknown</span>
        ) : (
          <Link to="/audit" search={{ ...filter, actor }}>
            {actor}
          </Link>
        ),
    },
    { name: 'When', class: 'number', cell: ({ create_time: time }) => <Time at={time} /> },
  ];
  return (
    <ListScreen
      title="Audit"
      list={list}
      columns={columns}
      keyOf={({ entry_id: id, action, subject }) => `${id} ${action} ${subject}`}
      empty={{
        title: 'No entries',
        text: <p>Every change stands here, with who made it: submissions, retries, pauses, schedules.</p>,
      }}
      actions={
        Object.keys(filter).length > 0 && (
          <Button
            onClick={() => {
              void navigate({ to: '/audit', search: {} });
            }}
          >
            Clear the filter
          </Button>
        )
      }
    >
      {Object.entries(filter).map(([name, value]) => (
        <p key={name} class="muted">
          {name.replace('_', ' ')} is <strong>{value}</strong>
        </p>
      ))}
    </ListScreen>
  );
}

function Subject({ entry: { action, subject } }: { entry: Entry }) {
  if (!action.startsWith('job.') || action === 'job.delete') return <span title={subject}>{subject}</span>;
  return (
    <Link to="/jobs/$jobId" params={{ jobId: subject }} search={{}}>
      {subject}
    </Link>
  );
}
