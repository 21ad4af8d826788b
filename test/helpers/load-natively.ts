import { fileURLToPath } from 'node:url';

/** Node's own `require` inside jest: see jest-test-environment.cjs. */
const NATIVE_REQUIRE = Symbol.for('errand.require');

/**
 * Loads a module of `errand-local` with Node's own `require`, once for all test files of a jest worker: see jest-test-environment.cjs. Outside of jest, this
 * is an import.
 */
export async function loadNatively<Module>(specifier: string): Promise<Module> {
  const { [NATIVE_REQUIRE]: nativeRequire } = globalThis as {
    [NATIVE_REQUIRE]?: (file: string) => unknown;
  };
  if (!nativeRequire) return (await import(specifier)) as Module;
  // Jest's conditions lead to the sources of the package.
  return nativeRequire(fileURLToPath(import.meta.resolve(specifier))) as Module;
}
