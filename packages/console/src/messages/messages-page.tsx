import { useNavigate, useSearch } from '@tanstack/react-router';
import { dataOf, type Schema } from 'errand-client';
import { useItems } from '../api/use-items.ts';
import { errand } from '../app/session.ts';
import { MESSAGE_STATUSES } from './message-status.ts';
import { ListScreen, type Column } from '../parts/list-screen.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { StatusShape } from '../parts/status.tsx';
import { Time } from '../parts/time.tsx';

type Message = Schema<'Message'>;

export function MessagesPage() {
  const { status } = useSearch({ from: '/messages' });
  const navigate = useNavigate();
  const list = useItems(['messages', status], async (cursor) => {
    const query = { ...cursor, ...(status !== undefined && { status }) };
    return dataOf(await errand.http.GET('/v1/messages', { params: { query } }));
  });
  return (
    <ListScreen
      title="Messages"
      list={list}
      columns={COLUMNS}
      keyOf={({ message_id: id }) => id}
      empty={{
        title: status === undefined ? 'No messages yet' : `No messages are ${status}`,
        text: (
          <p>
            <code>POST /v1/messages</code> queues a message, and a <code>send_messages</code> job sends it,
            oldest first.
          </p>
        ),
      }}
      actions={
        <Menu
          label={status === undefined ? 'Status' : `Status: ${status}`}
          align="end"
          active={status !== undefined}
        >
          {(close) =>
            MESSAGE_STATUSES.map((each) => (
              <MenuItem
                key={each}
                checked={each === status}
                onClick={() => {
                  close();
                  void navigate({ to: '/messages', search: each === status ? {} : { status: each } });
                }}
              >
                {each}
              </MenuItem>
            ))
          }
        </Menu>
      }
    />
  );
}

const LOOKS = {
  pending: { tone: 'idle', shape: 'created' },
  sending: { tone: 'running', shape: 'running' },
  sent: { tone: 'success', shape: 'success' },
  failed: { tone: 'failed', shape: 'failed' },
} as const;

const COLUMNS: readonly Column<Message>[] = [
  { name: 'To', cell: ({ to }) => to },
  {
    name: 'Status',
    cell: ({ status }) => (
      <span class={`status tone-${LOOKS[status].tone}`}>
        <StatusShape status={LOOKS[status].shape} />
        {status}
      </span>
    ),
  },
  {
    name: 'Content',
    class: 'wide',
    cell: ({ content, error }) =>
      error === null ? (
        <span title={content}>{content}</span>
      ) : (
        <span class="tone-failed" title={error}>
          {error}
        </span>
      ),
  },
  { name: 'Attempt', class: 'number minor', cell: ({ attempt }) => attempt },
  { name: 'Created', class: 'number', cell: ({ create_time: time }) => <Time at={time} /> },
];
