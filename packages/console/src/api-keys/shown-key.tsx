import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Button } from '../parts/button.tsx';
import { Dialog } from '../parts/dialog.tsx';

export interface ShownKeyProps {
  readonly title: string;
  readonly apiKey: string;
  readonly onClose: () => void;
  /** Additional information for the user. */
  readonly children?: ComponentChildren;
}

/** Shows a new key, which can't be shown again. A click outside the dialog does not close it. */
export function ShownKey({ title, apiKey, onClose, children }: ShownKeyProps) {
  const [copied, setCopied] = useState(false);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      staysOpen
      actions={
        <>
          <Button onClick={onClose}>Done</Button>
          <Button
            kind="primary"
            icon={copied ? 'check' : 'copy'}
            autofocus
            onClick={() => {
              void navigator.clipboard.writeText(apiKey).then(() => {
                setCopied(true);
              });
            }}
          >
            {copied ? 'Copied' : 'Copy the key'}
          </Button>
        </>
      }
    >
      <p>
        Copy the key now and keep it like a password: <strong>it is shown only this once.</strong>
      </p>
      <code class="shown-key mono" aria-label="The new key">
        {apiKey}
      </code>
      {children}
    </Dialog>
  );
}
