import { useCallback, useRef } from 'preact/hooks';

/** The latest of a component's functions as one that never changes: components that get it are not rendered again for it. */
export function useStable<Arguments extends unknown[], Result>(
  latest: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  const current = useRef(latest);
  current.current = latest;
  return useCallback((...args: Arguments) => current.current(...args), []);
}
