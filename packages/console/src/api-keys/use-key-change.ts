import { useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';

/** The query key of the list of API keys. */
export const API_KEYS = ['api-keys'];

/** Lets a dialog change an API key. Returns whether the change is in progress, and its error message if it failed. `refresh` reloads the list. */
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
