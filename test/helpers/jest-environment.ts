import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { buildFolder } from '../../lib/built-functions.ts';
import { createClusterTemplate } from './cluster-template.ts';

/**
 * Gives a run of jest its own temporary folder, which is deleted at the end, even after Ctrl-C. CDK leaves an
 * assembly in the temporary folder for each `new App()`, and a killed test leaves its files there. Jest calls
 * this once before it starts its workers, which inherit the environment. Jest's cache stays elsewhere.
 */
export default async function prepareEnvironment(): Promise<void> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-jest-'));
  process.env.TMPDIR = folder;
  // The CDK checks each template against CloudFormation's schemas, which takes seconds. Only app.test.ts runs the check.
  process.env.CDK_VALIDATION = 'false';
  // CDK apps and commands start in two thirds of the time with V8's compile cache.
  process.env.NODE_COMPILE_CACHE = path.resolve(
    import.meta.dirname,
    '../../node_modules/.cache/errand/compiled',
  );
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  // Once for all workers, which would otherwise build the functions in parallel. `npm run mutants` changes a source for each run, and few of its
  // tests need the functions.
  if (process.env.ERRAND_TEST_BUILDS_LATER === undefined) buildFolder();
  await createClusterTemplate();
  // By default, a signal ends a process without its `exit` event.
  for (const [signal, number] of Object.entries({ SIGINT: 2, SIGTERM: 15, SIGHUP: 1 })) {
    process.on(signal, () => process.exit(128 + number));
  }
}
