import { dataOf } from 'errand-client';
import { useState } from 'preact/hooks';
import { useItems } from '../api/use-items.ts';
import { errand, useCaller } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { CopyButton } from '../parts/copy-button.tsx';
import { ListScreen, type Column } from '../parts/list-screen.tsx';
import { Time } from '../parts/time.tsx';
import { CreateKeyDialog } from './create-key-dialog.tsx';
import { nameOf, type ApiKey } from './key-name.ts';
import { KeyEnd, KeyState } from './key-state.tsx';
import { RevokeKeyDialog } from './revoke-key-dialog.tsx';
import { RotateKeyDialog } from './rotate-key-dialog.tsx';
import { API_KEYS } from './use-key-change.ts';
import './api-keys.css';

/** The dialog that is currently open. */
type Opened =
  { readonly dialog: 'create' } | { readonly dialog: 'rotate' | 'revoke'; readonly apiKey: ApiKey };

/** Shows the tenant's API keys. Only administrators can see this page. */
export function ApiKeysPage() {
  const list = useItems(API_KEYS, async (cursor) =>
    dataOf(await errand.http.GET('/v1/api-keys', { params: { query: cursor } })),
  );
  const ownId = useCaller()?.actor?.replace(/^key:/, '');
  const isOwn = ({ key_id: keyId }: ApiKey): boolean => keyId === ownId;
  const [opened, setOpened] = useState<Opened>();
  const close = (): void => {
    setOpened(undefined);
  };
  const columns: readonly Column<ApiKey>[] = [
    {
      name: 'Name',
      class: 'key-name',
      cell: (apiKey) => (
        <>
          {apiKey.name === '' ? <span class="muted">no name</span> : <span class="clip">{apiKey.name}</span>}
          {isOwn(apiKey) && <span class="key-own">this tab</span>}
        </>
      ),
    },
    ...COLUMNS,
    {
      name: 'Actions',
      class: 'number actions',
      cell: (apiKey) => (
        <KeyActions
          apiKey={apiKey}
          onOpen={(dialog) => {
            setOpened({ dialog, apiKey });
          }}
        />
      ),
    },
  ];
  return (
    <ListScreen
      title="API keys"
      list={list}
      columns={columns}
      keyOf={({ key_id: keyId }) => keyId}
      empty={{
        title: 'No API keys',
        text: <p>Each program that calls the API should have a key of its own, so that you can revoke it.</p>,
      }}
      actions={
        <Button
          kind="primary"
          onClick={() => {
            setOpened({ dialog: 'create' });
          }}
        >
          Create a key…
        </Button>
      }
    >
      {opened?.dialog === 'create' && <CreateKeyDialog onClose={close} />}
      {opened?.dialog === 'rotate' && (
        <RotateKeyDialog apiKey={opened.apiKey} isOwn={isOwn(opened.apiKey)} onClose={close} />
      )}
      {opened?.dialog === 'revoke' && (
        <RevokeKeyDialog apiKey={opened.apiKey} isOwn={isOwn(opened.apiKey)} onClose={close} />
      )}
    </ListScreen>
  );
}

interface KeyActionsProps {
  readonly apiKey: ApiKey;
  readonly onOpen: (dialog: 'rotate' | 'revoke') => void;
}

/** Shows the actions for a key. Only active keys can be changed. */
function KeyActions({ apiKey, onOpen }: KeyActionsProps) {
  if (apiKey.state !== 'active') return null;
  return (
    <span class="key-actions">
      {(['rotate', 'revoke'] as const).map((dialog) => (
        <Button
          key={dialog}
          aria-label={`${LABELS[dialog]} ${nameOf(apiKey)}…`}
          onClick={() => {
            onOpen(dialog);
          }}
        >
          {LABELS[dialog]}…
        </Button>
      ))}
    </span>
  );
}

const LABELS = { rotate: 'Rotate', revoke: 'Revoke' } as const;

const COLUMNS: readonly Column<ApiKey>[] = [
  { name: 'State', cell: (apiKey) => <KeyState apiKey={apiKey} /> },
  { name: 'Scopes', cell: ({ scopes }) => scopes.join(', ') },
  {
    name: 'Key id',
    class: 'key-id-cell',
    cell: ({ key_id: keyId }) => (
      <span class="key-id">
        <span class="mono">{keyId}</span>
        <CopyButton text={keyId} label={`Copy the id ${keyId}`} />
      </span>
    ),
  },
  { name: 'Created', class: 'number minor', cell: ({ create_time: time }) => <Time at={time} /> },
  { name: 'Ends', class: 'number key-ends', cell: (apiKey) => <KeyEnd apiKey={apiKey} /> },
];
