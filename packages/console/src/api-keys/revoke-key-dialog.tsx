import { dataOf } from 'errand-client';
import { errand, signOut } from '../app/session.ts';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Problem } from '../parts/problem.tsx';
import { nameOf, type KeyDialogProps } from './key-name.ts';
import { useKeyChange } from './use-key-change.ts';

export function RevokeKeyDialog({ apiKey, isOwn, onClose }: KeyDialogProps) {
  const { isBusy, error, change, refresh } = useKeyChange();
  const name = nameOf(apiKey);
  const revoke = (): void => {
    change(async () => {
      const params = { path: { key_id: apiKey.key_id } };
      dataOf(await errand.http.POST('/v1/api-keys/{key_id}/revoke', { params }));
      onClose();
      if (isOwn) signOut(`You revoked the key ${name}, which you were signed in with.`);
      else refresh();
    });
  };
  return (
    <Dialog
      title={`Revoke the key ${name}`}
      onClose={onClose}
      actions={
        <Button kind="danger" disabled={isBusy} onClick={revoke}>
          {isBusy ? 'Revoking…' : `Revoke ${name}`}
        </Button>
      }
    >
      <p>
        Within 30 seconds, everyone who uses the key <code>{apiKey.key_id}</code> is refused. This can’t be
        undone.
      </p>
      {isOwn && (
        <p class="key-warning">
          <strong>You are signed in with {name}.</strong> This tab will ask for another key.
        </p>
      )}
      <Problem>{error}</Problem>
    </Dialog>
  );
}
