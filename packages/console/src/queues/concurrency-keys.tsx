import { useQueryClient } from '@tanstack/preact-query';
import { dataOf, type Schema } from 'errand-client';
import { useState } from 'preact/hooks';
import { KEY_PAGE, useConcurrencyKeys } from '../api/concurrency-keys.ts';
import { errorText } from '../api/error-text.ts';
import { errand, useScope } from '../app/session.ts';
import { formatCount } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';

type Key = Schema<'ConcurrencyKey'>;

/** Shows the numbers of running and waiting jobs per concurrency key, and the limits that operators have set. */
export function ConcurrencyKeys() {
  const keys = useConcurrencyKeys();
  const mayChange = useScope('admin');
  const [changed, setChanged] = useState<Key>();
  const items = keys.data?.items ?? [];
  return (
    <section aria-labelledby="keys">
      <header class="queues-head">
        <h2 id="keys">Concurrency keys</h2>
      </header>
      {keys.data && items.length === 0 && (
        <p class="muted">
          None. Jobs that are submitted with <code>concurrency: {'{key, limit}'}</code> run at most so many at
          once.
        </p>
      )}
      {items.length > 0 && (
        <div class="table-scroll" tabIndex={0} role="group" aria-labelledby="keys">
          <table class="table">
            <thead>
              <tr>
                <th scope="col">Key</th>
                <th scope="col" class="number">
                  Running
                </th>
                <th scope="col" class="number">
                  Limit
                </th>
                <th scope="col" class="number">
                  Held
                </th>
                <th scope="col" class="minor">
                  Set by
                </th>
                {mayChange && (
                  <th scope="col">
                    <span class="visually-hidden">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {items.map((key) => (
                <tr key={key.key}>
                  <th scope="row" class="mono">
                    {key.key}
                  </th>
                  <td class="number">{formatCount(key.running)}</td>
                  <td class="number">{key.limit ?? '–'}</td>
                  <td class={key.parked > 0 ? 'number tone-warning' : 'number'}>{formatCount(key.parked)}</td>
                  <td class="muted minor">
                    {key.set_limit === null ? 'its jobs' : (key.set_by ?? 'the API')}
                  </td>
                  {mayChange && (
                    <td class="number">
                      <Button
                        onClick={() => {
                          setChanged(key);
                        }}
                      >
                        Change…
                      </Button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {keys.data?.next_cursor != null && <p class="muted">The first {KEY_PAGE} keys, by name.</p>}
      {changed && (
        <LimitDialog
          limited={changed}
          onClose={() => {
            setChanged(undefined);
          }}
        />
      )}
    </section>
  );
}

function LimitDialog({ limited, onClose }: { limited: Key; onClose: () => void }) {
  const [limit, setLimit] = useState(String(limited.limit ?? 1));
  const [error, setError] = useState<string>();
  const queries = useQueryClient();
  const params = { query: { key: limited.key } };
  const change = async (call: () => Promise<unknown>): Promise<void> => {
    try {
      await call();
      await queries.invalidateQueries({ queryKey: ['concurrency-keys'] });
      onClose();
    } catch (reason) {
      setError(errorText(reason));
    }
  };
  return (
    <Dialog
      title={`Limit for ${limited.key}`}
      onClose={onClose}
      actions={
        <>
          {limited.set_limit !== null && (
            <Button
              onClick={() =>
                void change(async () => dataOf(await errand.http.DELETE('/v1/concurrency-keys', { params })))
              }
            >
              Use the jobs’ own limits
            </Button>
          )}
          <Button
            kind="primary"
            onClick={() =>
              void change(async () => {
                const body = { limit: Number(limit) };
                return dataOf(await errand.http.PUT('/v1/concurrency-keys', { params, body }));
              })
            }
          >
            Set the limit
          </Button>
        </>
      }
    >
      <label class="field">
        <span>Jobs that may run at once</span>
        <input
          type="number"
          min={0}
          value={limit}
          onInput={(event) => {
            setLimit(event.currentTarget.value);
          }}
        />
      </label>
      <p class="muted">
        It overrides the limits that jobs are submitted with. A higher limit wakes jobs at once; a lower one
        stops no running job.
      </p>
      <Problem>{error}</Problem>
    </Dialog>
  );
}
