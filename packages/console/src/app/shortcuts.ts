import { useLayoutEffect } from 'preact/hooks';

/**
 * While the component is mounted, calls a key's handler when the key is pressed. Ignores keys that are typed into a field or pressed with a
 * modifier.
 */
export function useShortcuts(handlers: Readonly<Record<string, () => void>>): void {
  // A layout effect runs before the next paint. With a plain effect, a quickly typed key would still reach the previous screen's handlers.
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
