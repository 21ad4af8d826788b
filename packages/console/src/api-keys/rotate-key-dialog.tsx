import { dataOf, type Schema } from 'errand-client';
import { useState } from 'preact/hooks';
import { continueWith, errand } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { Time } from '../parts/time.tsx';
import { nameOf, type KeyDialogProps } from './key-name.ts';
import { LIFETIMES, OVERLAPS, SpanField } from './lifetime.tsx';
import { ShownKey } from './shown-key.tsx';
import { useKeyChange } from './use-key-change.ts';

const DEFAULT_OVERLAP = 86_400;
const DEFAULT_LIFETIME = 90 * 86_400;

/** Replaces a key with a new one that has the same name and scopes, then shows the new key. */
export function RotateKeyDialog({ apiKey, isOwn, onClose }: KeyDialogProps) {
  const [overlap, setOverlap] = useState<number | undefined>(DEFAULT_OVERLAP);
  const [lifetime, setLifetime] = useState<number | undefined>(
    apiKey.expire_time === null ? undefined : DEFAULT_LIFETIME,
  );
  const [made, setMade] = useState<Schema<'RotatedApiKey'>>();
  const { isBusy, error, change, refresh } = useKeyChange();
  const name = nameOf(apiKey);
  if (made) return <Successor made={made} onClose={onClose} />;
  const rotate = (): void => {
    change(async () => {
      const body = {
        overlap_seconds: overlap ?? DEFAULT_OVERLAP,
        ...(lifetime !== undefined && { expires_in_seconds: lifetime }),
      };
      const params = { path: { key_id: apiKey.key_id } };
      const rotated = dataOf(await errand.http.POST('/v1/api-keys/{key_id}/rotate', { params, body }));
      setMade(rotated);
      // The old key may already be invalid. If this tab kept using the old key, the user would be signed out and lose the new key.
      if (isOwn) await continueWith(rotated.key);
      refresh();
    });
  };
  return (
    <Dialog
      title={`Rotate the key ${name}`}
      onClose={onClose}
      actions={
        <Button kind="primary" disabled={isBusy} onClick={rotate}>
          {isBusy ? 'Rotating…' : `Rotate ${name}`}
        </Button>
      }
    >
      <p>
        You get a new key with the same name and scopes. Give it to everyone who uses the old key{' '}
        <code>{apiKey.key_id}</code> before that one ends.
      </p>
      {isOwn && <p>You are signed in with this key. This tab continues with the new one.</p>}
      <SpanField label="The old key stays valid" spans={OVERLAPS} value={overlap} onChange={setOverlap} />
      <SpanField label="The new key expires" spans={LIFETIMES} value={lifetime} onChange={setLifetime} />
      <Problem>{error}</Problem>
    </Dialog>
  );
}

function Successor({ made, onClose }: { made: Schema<'RotatedApiKey'>; onClose: () => void }) {
  const { replaced } = made;
  return (
    <ShownKey title={`The new key ${nameOf(made)}`} apiKey={made.key} onClose={onClose}>
      <p>
        {replaced.state === 'active' && replaced.expire_time !== null ? (
          <>
            The old key <code>{replaced.key_id}</code> ends <Time at={replaced.expire_time} />.
          </>
        ) : (
          <>
            The old key <code>{replaced.key_id}</code> has ended. It may still be accepted for 30 seconds.
          </>
        )}
      </p>
    </ShownKey>
  );
}
