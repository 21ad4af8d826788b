import { useQueryClient } from '@tanstack/preact-query';
import { useState } from 'preact/hooks';
import { errorText } from '../api/error-text.ts';

/** The key of the list's query. */
export const API_KEYS = ['api-keys'];

/** A change of a key that a dialog makes: whether it is under way, and why it failed. `refresh` reads the list again. */
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
