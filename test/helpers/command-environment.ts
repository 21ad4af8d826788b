/**
 * Returns the environment for a command that a test starts: PATH and these variables. Jest's run sets V8's compile
 * cache, which starts a command in a third of the time.
 */
export function commandEnvironment(variables: Readonly<Record<string, string>>): Record<string, string> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  return { PATH, ...(NODE_COMPILE_CACHE !== undefined && { NODE_COMPILE_CACHE }), ...variables };
}
