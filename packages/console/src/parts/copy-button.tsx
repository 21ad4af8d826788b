import { useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

/** Copies text to the clipboard, and shows a confirmation. */
export function CopyButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  return (
    <button
      type="button"
      class="icon-button"
      aria-label={copied ? 'Copied' : label}
      title={copied ? 'Copied' : label}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => {
          setCopied(true);
          setTimeout(() => {
            setCopied(false);
          }, 1_500);
        });
      }}
    >
      <Icon name={copied ? 'check' : 'copy'} />
    </button>
  );
}
