import { dataOf, type Schema } from 'errand-client';
import { useState } from 'preact/hooks';
import { errand, useCaller, type Scope } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { LIFETIMES, SpanField } from './lifetime.tsx';
import { ShownKey } from './shown-key.tsx';
import { useKeyChange } from './use-key-change.ts';

const SCOPES: readonly { scope: Scope; allows: string }[] = [
  { scope: 'read', allows: 'sees jobs, queues, schedules and messages' },
  { scope: 'submit', allows: 'submits, cancels and retries jobs' },
  { scope: 'admin', allows: 'changes queues, schedules and API keys, deletes jobs, reads the audit' },
];

const DEFAULT_SCOPES: readonly Scope[] = ['read', 'submit'];

const DEFAULT_LIFETIME = 90 * 86_400;

/** Asks for a new key's name, scopes and expiry, then shows the key. */
export function CreateKeyDialog({ onClose }: { onClose: () => void }) {
  const own = useCaller()?.scopes ?? [];
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState(() => DEFAULT_SCOPES.filter((scope) => own.includes(scope)));
  const [lifetime, setLifetime] = useState<number | undefined>(DEFAULT_LIFETIME);
  const [made, setMade] = useState<Schema<'NewApiKey'>>();
  const { isBusy, error, change, refresh } = useKeyChange();
  if (made) return <ShownKey title={`The key ${made.name}`} apiKey={made.key} onClose={onClose} />;
  const create = (): void => {
    change(async () => {
      const expiry = lifetime !== undefined && { expires_in_seconds: lifetime };
      const body = { name: name.trim(), scopes: [...scopes], ...expiry };
      setMade(dataOf(await errand.http.POST('/v1/api-keys', { body })));
      refresh();
    });
  };
  return (
    <Dialog
      title="Create an API key"
      onClose={onClose}
      actions={
        <Button
          kind="primary"
          type="submit"
          form="create-key"
          disabled={isBusy || name.trim() === '' || scopes.length === 0}
        >
          {isBusy ? 'Creating…' : 'Create the key'}
        </Button>
      }
    >
      <form
        id="create-key"
        class="key-form"
        onSubmit={(event) => {
          event.preventDefault();
          create();
        }}
      >
        <label class="field">
          <span>Name</span>
          <input
            required
            autofocus
            maxLength={100}
            autocomplete="off"
            placeholder="Who or what uses it, such as billing"
            value={name}
            onInput={(event) => {
              setName(event.currentTarget.value);
            }}
          />
        </label>
        <ScopeFields own={own} chosen={scopes} onChange={setScopes} />
        <SpanField label="Expires" spans={LIFETIMES} value={lifetime} onChange={setLifetime} />
      </form>
      <Problem>{error}</Problem>
    </Dialog>
  );
}

interface ScopeFieldsProps {
  readonly own: readonly Scope[];
  readonly chosen: readonly Scope[];
  readonly onChange: (scopes: Scope[]) => void;
}

function ScopeFields({ own, chosen, onChange }: ScopeFieldsProps) {
  return (
    <fieldset class="key-scopes">
      <legend>Scopes</legend>
      {SCOPES.map(({ scope, allows }) => {
        const mayGive = own.includes(scope);
        return (
          <label key={scope} class="key-scope" data-disabled={!mayGive}>
            <input
              type="checkbox"
              checked={chosen.includes(scope)}
              disabled={!mayGive}
              onChange={(event) => {
                const rest = chosen.filter((each) => each !== scope);
                onChange(event.currentTarget.checked ? [...rest, scope] : rest);
              }}
            />
            <span>{scope}</span>
            <span class="muted">{mayGive ? allows : 'your own key does not have it'}</span>
          </label>
        );
      })}
    </fieldset>
  );
}
