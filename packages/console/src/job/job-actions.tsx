import { useQueryClient } from '@tanstack/preact-query';
import type { Job } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { apiUrl, configuration } from '../app/configuration.ts';
import { errand, useScope } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Menu, MenuItem } from '../parts/menu.tsx';
import { Problem } from '../parts/problem.tsx';
import { copyAs, type CopyFormat } from './copy-as.ts';
import { RunAgain } from './run-again.tsx';

const FORMATS: readonly (readonly [CopyFormat, string])[] = [
  ['curl', 'curl'],
  ['typescript', 'TypeScript'],
  ['shell', 'npx errand'],
];

/** Shows the actions that the user is allowed to take in the job's current state. */
export function JobActions({ job }: { job: Job }) {
  const mayChange = useScope('submit');
  const [dialog, setDialog] = useState<'cancel' | 'again'>();
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const queries = useQueryClient();
  const change = (action: 'cancel' | 'retry'): void => {
    setBusy(true);
    setError(undefined);
    errand[action](job.job_id)
      .then((changed) => {
        queries.setQueryData(['job', job.job_id], changed);
        for (const part of ['attempts', 'steps', 'children'])
          void queries.invalidateQueries({ queryKey: [part, job.job_id] });
        setDialog(undefined);
      })
      .catch((reason: unknown) => {
        setError(errorText(reason));
      })
      .finally(() => {
        setBusy(false);
      });
  };
  const isOpen = job.status === 'created' || job.status === 'running';
  return (
    <div class="page-actions">
      {mayChange && isOpen && !job.cancel_requested && (
        <Button
          onClick={() => {
            setDialog('cancel');
          }}
        >
          Cancel…
        </Button>
      )}
      {mayChange && (job.status === 'failed' || job.status === 'canceled') && (
        <Button
          kind="primary"
          disabled={isBusy}
          onClick={() => {
            change('retry');
          }}
        >
          Retry
        </Button>
      )}
      {mayChange && (
        <Button
          onClick={() => {
            setDialog('again');
          }}
        >
          Run again…
        </Button>
      )}
      <Menu label="Copy as" align="end">
        {(close) =>
          FORMATS.map(([format, name]) => (
            <MenuItem
              key={format}
              onClick={() => {
                const options = { url: apiUrl, needsKey: configuration.auth !== 'none' };
                void navigator.clipboard.writeText(copyAs(format, job, options));
                close();
              }}
            >
              {name}
            </MenuItem>
          ))
        }
      </Menu>
      {dialog === undefined && <Problem>{error}</Problem>}
      {dialog === 'cancel' && (
        <Dialog
          title={`Cancel this ${job.type} job`}
          onClose={() => {
            setDialog(undefined);
          }}
          actions={
            <Button
              kind="primary"
              disabled={isBusy}
              onClick={() => {
                change('cancel');
              }}
            >
              Cancel the job
            </Button>
          }
        >
          <p>
            {job.status === 'running'
              ? 'The running attempt is asked to stop. It ends as canceled if its handler stops, or with its own outcome if it finishes first.'
              : 'The job has not started. It is canceled immediately.'}
          </p>
          <Problem>{error}</Problem>
        </Dialog>
      )}
      {dialog === 'again' && (
        <RunAgain
          job={job}
          onClose={() => {
            setDialog(undefined);
          }}
        />
      )}
    </div>
  );
}
