import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.tsx';
import { useShortcuts } from './shortcuts.ts';
import './shortcut-help.css';

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['/', 'Filter the list'],
  ['j', 'Next row'],
  ['k', 'Previous row'],
  ['Enter', 'Open the row'],
  ['x', 'Select the row'],
  ['Esc', 'Clear the selection, or close'],
  ['?', 'Show the keys'],
];

export function ShortcutHelp() {
  const [open, setOpen] = useState(false);
  useShortcuts({
    '?': () => {
      setOpen(true);
    },
  });
  if (!open) return null;
  return (
    <Dialog
      title="Keys"
      onClose={() => {
        setOpen(false);
      }}
    >
      <dl class="shortcuts">
        {SHORTCUTS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
