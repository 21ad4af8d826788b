import { useShortcuts } from '../app/shortcuts.ts';

/** The CSS selector for a screen's rows, in visual order. */
const ROWS = '#content .table tbody tr, #content [data-row]';

/** The CSS selector for the part of a row that gets the focus. If a row has no link or enabled button, the row itself gets the focus. */
const FOCUSABLE = 'a[href], button:not(:disabled)';

/** Makes `j` and `k` move the focus from row to row. Enter then opens the row's link. */
export function useRowKeys(enabled: boolean): void {
  useShortcuts(
    enabled
      ? {
          j: () => {
            moveFocus(1);
          },
          k: () => {
            moveFocus(-1);
          },
        }
      : {},
  );
}

function moveFocus(step: 1 | -1): void {
  const rows = [...document.querySelectorAll<HTMLElement>(ROWS)];
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.max(0, Math.min(at + step, rows.length - 1))];
  if (!next) return;
  const part = next.querySelector<HTMLElement>(FOCUSABLE);
  if (!part) next.tabIndex = -1;
  (part ?? next).focus();
  next.scrollIntoView({ block: 'nearest' });
}
