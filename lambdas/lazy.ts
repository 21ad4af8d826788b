/**
 * A function whose code is loaded when it is first called, so that a cold start does not pay for it.
 *
 * @param load imports the module and returns the function; called once
 * @example const readFile = lazy(async () => (await import('./static-files.ts')).readFile);
 */
export function lazy<Arguments extends unknown[], Result>(
  load: () => Promise<(...args: Arguments) => Promise<Result>>,
): (...args: Arguments) => Promise<Result> {
  let loading: ReturnType<typeof load> | undefined;
  return async (...args) => (await (loading ??= load()))(...args);
}
