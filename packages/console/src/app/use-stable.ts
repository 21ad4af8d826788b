import { useCallback, useRef } from 'preact/hooks';

/**
 * Returns a function that always calls the latest callback. The function itself never changes, so passing it to a component causes no rerenders.
 */
export function useStable<Arguments extends unknown[], Result>(
  latest: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  const current = useRef(latest);
  current.current = latest;
  return useCallback((...args: Arguments) => current.current(...args), []);
}
