import type { Schema } from 'errand-client';
import { useJobTypes } from '../api/job-types.ts';
import { useScope } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { Time } from '../parts/time.tsx';
import type { PauseTarget } from './pause-dialog.tsx';

export interface PausedTypesProps {
  readonly types: Schema<'QueueList'>['paused_types'];
  readonly onChange: (target: PauseTarget) => void;
}

/** Lists the paused job types, with a menu for pausing another type. */
export function PausedTypes({ types, onChange }: PausedTypesProps) {
  const mayPause = useScope('admin');
  const all = useJobTypes();
  const open = (all.data?.items ?? []).filter(({ name }) => !types.some(({ type }) => type === name));
  return (
    <section aria-labelledby="paused-types">
      <header class="queues-head">
        <h2 id="paused-types">Paused job types</h2>
        {mayPause && open.length > 0 && (
          <Menu label="Pause a type" align="end">
            {(close) =>
              open.map(({ name }) => (
                <MenuItem
                  key={name}
                  onClick={() => {
                    close();
                    onChange({ kind: 'type', name, isPaused: false, waiting: undefined });
                  }}
                >
                  {name}
                </MenuItem>
              ))
            }
          </Menu>
        )}
      </header>
      {types.length === 0 ? (
        <p class="muted">None. A paused type holds its jobs in every queue.</p>
      ) : (
        <ul>
          {types.map(({ type, paused_at: at, paused_by: by }) => (
            <li key={type} class="paused-type">
              <strong>{type}</strong>
              <span class="muted">
                paused <Time at={at} />
                {by !== null && ` by ${by}`}
              </span>
              {mayPause && (
                <Button
                  onClick={() => {
                    onChange({ kind: 'type', name: type, isPaused: true, waiting: undefined });
                  }}
                >
                  Resume…
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
