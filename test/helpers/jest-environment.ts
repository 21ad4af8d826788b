import { rmSync } from 'node:fs';
import path from 'node:path';
import { buildFolder } from '../../lib/built-functions.ts';
import { createClusterTemplate } from './cluster-template.ts';
import { createRunFolder } from './run-folder.ts';
import { ASSEMBLIES_VARIABLE } from './stack.ts';

/**
 * Gives a Jest run its own temporary folder, which is deleted at the end, even after Ctrl-C. The CDK leaves an assembly
 * in the temporary folder for each `new App()`, and a killed test leaves its files there. Jest calls this function once before it starts its workers,
 * so the workers inherit the environment. Jest's cache is in another folder, so later runs can use it.
 */
export default async function prepareEnvironment(): Promise<void> {
  const folder = createRunFolder();
  process.env.TMPDIR = folder;
  process.env[ASSEMBLIES_VARIABLE] = path.join(folder, 'assemblies');
  // The CDK takes seconds to validate a template against CloudFormation's schemas, so only app.test.ts enables this validation.
  process.env.CDK_VALIDATION = 'false';
  // With V8's compile cache, CDK apps and commands start in two thirds of the usual time.
  process.env.NODE_COMPILE_CACHE = path.resolve(
    import.meta.dirname,
    '../../node_modules/.cache/errand/compiled',
  );
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  // Builds the functions once for all workers. Otherwise, each worker would build them. `npm run mutants` skips the build, because each of its runs
  // changes a source file, and few of its tests need the functions.
  if (process.env.ERRAND_TEST_BUILDS_LATER === undefined) buildFolder();
  await createClusterTemplate();
  // By default, a signal ends a process without emitting `exit`, so the folder would not be deleted.
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => process.exit(128 + number));
  }
}
