import { useNavigate } from '@tanstack/react-router';
import { dataOf, type Job } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { errand } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import './run-again.css';

/** Submits a new job of the same type, with an editable payload. */
export function RunAgain({ job, onClose }: { job: Job; onClose: () => void }) {
  const [text, setText] = useState(() => JSON.stringify(job.payload, null, 2));
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const navigate = useNavigate();
  const submit = async (): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      const payload = JSON.parse(text) as unknown;
      const { type, tags, metadata, priority } = job;
      const submission = { type, payload, tags, metadata, priority } as never;
      const { job_id: jobId } = dataOf(await errand.http.POST('/v1/jobs', { body: submission }));
      onClose();
      await navigate({ to: '/jobs/$jobId', params: { jobId }, search: {} });
    } catch (reason) {
      setError(explain(reason));
      setBusy(false);
    }
  };
  return (
    <Dialog
      wide
      title={`Run ${job.type} again`}
      onClose={onClose}
      actions={
        <Button kind="primary" disabled={isBusy} onClick={() => void submit()}>
          {isBusy ? 'Submitting…' : 'Submit a new job'}
        </Button>
      }
    >
      <p class="muted">
        A new job with this payload, the same tags and metadata, and no object id: it is not a duplicate of
        this job.
      </p>
      <label class="run-again">
        <span>Payload</span>
        <textarea
          class="mono"
          rows={14}
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
          }}
        />
      </label>
      <Problem>{error}</Problem>
    </Dialog>
  );
}

function explain(reason: unknown): string {
  if (reason instanceof SyntaxError) return `The payload is not JSON: ${reason.message}`;
  return errorText(reason);
}
