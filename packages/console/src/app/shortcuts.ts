import { useLayoutEffect } from 'preact/hooks';

/** Calls the handlers of keys while the component is mounted. Ignores keys that are typed into a field, or with a modifier. */
export function useShortcuts(handlers: Readonly<Record<string, () => void>>): void {
  // Runs before the next paint, because the next key may come sooner and would reach the previous screen's handlers.
  useLayoutEffect(() => {
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const target = event.target as HTMLElement;
      if (target.closest('input, textarea, select, [contenteditable], dialog[open]')) return;
      const handle = handlers[event.key];
      if (!handle) return;
      event.preventDefault();
      handle();
    };
    document.addEventListener('keydown', listen);
    return () => {
      document.removeEventListener('keydown', listen);
    };
  });
}
