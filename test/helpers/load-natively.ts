import { fileURLToPath } from 'node:url';

/** Node's own `require`, available inside Jest: see jest-test-environment.cjs. */
const NATIVE_REQUIRE = Symbol.for('errand.require');

/**
 * Loads an `errand-local` module with Node's own `require`, once for all test files of a Jest worker: see
 * jest-test-environment.cjs. Outside of Jest, it is imported.
 */
export async function loadNatively<Module>(specifier: string): Promise<Module> {
  const { [NATIVE_REQUIRE]: nativeRequire } = globalThis as {
    [NATIVE_REQUIRE]?: (file: string) => unknown;
  };
  if (!nativeRequire) return (await import(specifier)) as Module;
  // Under Jest, the package's import conditions resolve to its source files.
  return nativeRequire(fileURLToPath(import.meta.resolve(specifier))) as Module;
}
