import { useQueryClient } from '@tanstack/preact-query';
import { dataOf } from 'errand-client';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';
import { errand } from '../app/session.ts';
import { counted } from '../format/number.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';

/** The queue or job type to pause or resume. */
export interface PauseTarget {
  readonly kind: 'queue' | 'type';
  readonly name: string;
  readonly isPaused: boolean;
  /** The number of waiting jobs; undefined if unknown. */
  readonly waiting: number | undefined;
}

export function PauseDialog({ target, onClose }: { target: PauseTarget; onClose: () => void }) {
  const { kind, name, isPaused, waiting } = target;
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const queries = useQueryClient();
  const verb = isPaused ? 'Resume' : 'Pause';
  const change = (): void => {
    setBusy(true);
    changePause(target)
      .then(() => queries.invalidateQueries({ queryKey: ['queues'] }))
      .then(onClose)
      .catch((reason: unknown) => {
        setError(errorText(reason));
        setBusy(false);
      });
  };
  const number = waiting === undefined ? 'waiting jobs' : counted(waiting, 'waiting job');
  return (
    <Dialog
      title={`${verb} the ${kind} ${name}`}
      onClose={onClose}
      actions={
        <Button kind="primary" disabled={isBusy} onClick={change}>
          {verb} {name}
        </Button>
      }
    >
      <p>
        {isPaused
          ? `The pause ends, and its ${number} can start, most urgent first.`
          : `Until you resume the ${kind}, no more of its jobs start: ${number} will be held. Running jobs continue, and new ones are accepted.`}
      </p>
      <Problem>{error}</Problem>
    </Dialog>
  );
}

async function changePause({ kind, name, isPaused }: PauseTarget): Promise<void> {
  const { http } = errand;
  if (kind === 'queue') {
    const params = { path: { queue: name } };
    if (isPaused) dataOf(await http.PUT('/v1/queues/{queue}/resume', { params }));
    else dataOf(await http.PUT('/v1/queues/{queue}/pause', { params }));
    return;
  }
  const params = { path: { type: name } };
  if (isPaused) dataOf(await http.PUT('/v1/job-types/{type}/resume', { params }));
  else dataOf(await http.PUT('/v1/job-types/{type}/pause', { params }));
}
