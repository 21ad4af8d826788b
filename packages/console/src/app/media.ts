import { useSyncExternalStore } from 'preact/compat';

const narrow = matchMedia('(max-width: 760px)');

/** Whether the page is as narrow as on a phone. The stylesheets use the same condition. */
export function useNarrow(): boolean {
  return useSyncExternalStore(
    (listener) => {
      narrow.addEventListener('change', listener);
      return () => {
        narrow.removeEventListener('change', listener);
      };
    },
    () => narrow.matches,
  );
}
