import { createHash } from 'node:crypto';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Template } from 'errand-local/template/template';
import { synthesize } from '../../bin/local-service/synthesize.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { PROJECT, synthEnvironment } from './stack.ts';

/**
 * Synthesizes a stack with these settings, unless an earlier run already has.
 *
 * @returns the assembly's folder
 * @param dataDir the folder for edited assemblies
 * @param app the path of the CDK app, relative to the project's root; undefined means `bin/errand.ts`
 * @param edit changes the template of every assembly
 */
export function assembliesIn(
  dataDir: string,
  { app, edit }: { app?: string | undefined; edit?: ((template: Template) => void) | undefined },
): (settings: Record<string, string>) => Promise<string> {
  let assemblies = 0;
  return async (settings) => {
    const assemblyDir = await synthesizeFor(settings, app);
    assemblies += 1;
    return edit ? editedCopy(assemblyDir, path.join(dataDir, `cdk.out-${assemblies}`), edit) : assemblyDir;
  };
}

async function editedCopy(from: string, to: string, edit: (template: Template) => void): Promise<string> {
  await cp(from, to, { recursive: true });
  const file = path.join(to, 'Errand.template.json');
  const template = JSON.parse(await readFile(file, 'utf8')) as Template;
  edit(template);
  await writeFile(file, JSON.stringify(template));
  return to;
}

/** Synthesizes an assembly once for all test workers. The first worker that needs the assembly creates it. */
async function synthesizeFor(settings: Record<string, string>, app?: string): Promise<string> {
  // A receiver's port differs between runs and test files. An assembly that contains such a port can't be shared, so the worker synthesizes it in its
  // own folder.
  const place = JSON.stringify(settings).replaceAll(
    /127\.0\.0\.1:\d+/g,
    `worker ${process.env.JEST_WORKER_ID ?? ''}`,
  );
  const key = createHash('sha256')
    .update(PROJECT + place + (app ?? ''))
    .digest('hex')
    .slice(0, 12);
  const assemblyDir = path.join(PROJECT, 'node_modules/.cache/errand', key, 'cdk.out');
  await oneAtATime(key, () =>
    synthesize({
      projectDir: PROJECT,
      assemblyDir,
      environment: synthEnvironment(settings),
      ...(app !== undefined && { app }),
      signal: new AbortController().signal,
    }),
  );
  return assemblyDir;
}
