import { useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';

/** The list's query key. */
export const API_KEYS = ['api-keys'];

/** Runs a dialog's change to a key, and reports whether the change is in progress and why it failed. `refresh` reloads the list. */
export function useKeyChange() {
  const queries = useQueryClient();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const refresh = (): void => {
    void queries.invalidateQueries({ queryKey: API_KEYS });
  };
  const change = (make: () => Promise<void>): void => {
    setBusy(true);
    setError(undefined);
    make()
      .catch((reason: unknown) => {
        setError(errorText(reason));
        refresh();
      })
      .finally(() => {
        setBusy(false);
      });
  };
  return { isBusy, error, change, refresh };
}
