import { useCallback, useRef } from 'preact/hooks';

/** Returns a stable function that calls the component's latest one, so that components that receive it are not rendered again. */
export function useStable<Arguments extends unknown[], Result>(
  latest: (...args: Arguments) => Result,
): (...args: Arguments) => Result {
  const current = useRef(latest);
  current.current = latest;
  return useCallback((...args: Arguments) => current.current(...args), []);
}
