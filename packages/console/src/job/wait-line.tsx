import type { Job } from 'errand-client';
import { useState } from 'preact/hooks';
import { useConcurrencyKeys } from '../api/concurrency-keys.ts';
import { useNow } from '../app/now.ts';
import { useScope } from '../app/session.ts';
import { counted } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { SignalDialog } from './signal-dialog.tsx';
import { stepWaitReason, waitReason } from './wait-reason.ts';
import type { Step } from './step-rows.ts';

/** The maximum number of waits that are listed for a suspended job. */
const MOST_WAITS = 3;

/** Explains why the job is not running. */
export function WaitLine({ job, steps }: { job: Job; steps: readonly Step[] }) {
  const now = useNow();
  const name = job.held_by === 'concurrency' ? job.concurrency?.key : undefined;
  const keys = useConcurrencyKeys(name !== undefined);
  if (job.cancel_requested && job.status === 'running') {
    return <p class="wait-line">Asked to stop. It ends when its handler stops.</p>;
  }
  if (job.waiting_for && job.held_by === null) return <StepWaits job={job} steps={steps} />;
  const reason = waitReason(
    job,
    now,
    keys.data?.items.find(({ key }) => key === name),
  );
  if (reason === undefined) return null;
  return <p class="wait-line">{reason}</p>;
}

/** Lists a suspended job's waits, with a button for each awaited signal. */
function StepWaits({ job, steps }: { job: Job; steps: readonly Step[] }) {
  const now = useNow();
  const maySend = useScope('submit');
  const [signal, setSignal] = useState<string>();
  const waits = job.waiting_for ?? [];
  return (
    <>
      {waits.slice(0, MOST_WAITS).map((wait) => (
        <p key={wait.step} class="wait-line">
          {stepWaitReason(wait, now)}
          {wait.kind === 'signal' && maySend && (
            <Button
              onClick={() => {
                setSignal(wait.signal ?? wait.step);
              }}
            >
              Send {wait.signal ?? wait.step}…
            </Button>
          )}
        </p>
      ))}
      {waits.length > MOST_WAITS && (
        <p class="wait-line">
          and for {counted(waits.length - MOST_WAITS, 'other step')}. The first of these continues the job.
        </p>
      )}
      {signal !== undefined && (
        <SignalDialog
          job={job}
          name={signal}
          links={steps.filter((step) => step.kind === 'approval' && step.signal === signal)}
          onClose={() => {
            setSignal(undefined);
          }}
        />
      )}
    </>
  );
}
