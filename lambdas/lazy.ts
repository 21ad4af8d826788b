// Helpers that load code only when it is first needed, to keep cold starts short.

/**
 * Returns a function that loads a value on its first call, and returns the same value from then on.
 *
 * @example const s3 = loadOnce(async () => (await import('#s3-client')).createS3());
 */
export function loadOnce<Loaded>(load: () => Promise<Loaded>): () => Promise<Loaded> {
  let loading: Promise<Loaded> | undefined;
  return () => (loading ??= load());
}

/**
 * Returns a function whose code is loaded on the function's first call.
 *
 * @param load imports the module and returns the function
 * @example const readFile = lazy(async () => (await import('./static-files.ts')).readFile);
 */
export function lazy<Arguments extends unknown[], Result>(
  load: () => Promise<(...args: Arguments) => Promise<Result>>,
): (...args: Arguments) => Promise<Result> {
  const loaded = loadOnce(load);
  return async (...args) => (await loaded())(...args);
}
