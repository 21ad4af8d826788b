import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Template } from 'errand-local/template/template';
import { synthesize } from '../../bin/local-service/synthesize.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { ASSEMBLIES_VARIABLE, PROJECT, synthEnvironment } from './stack.ts';
import { synthesizeHere } from './synthesize-here.ts';

/**
 * Creates a function that synthesizes a stack, unless another test file has already synthesized it with the same settings.
 *
 * @returns a function that takes the settings and returns the assembly's folder
 * @param dataDir the folder for assemblies that can't be shared
 * @param app the path of the CDK app, relative to the project's root; undefined means `bin/errand.ts`
 * @param edit changes the template of every assembly
 */
export function assembliesIn(
  dataDir: string,
  { app, edit }: { app?: string | undefined; edit?: ((template: Template) => void) | undefined },
): (settings: Record<string, string>) => Promise<string> {
  let assemblies = 0;
  return async (settings) => {
    assemblies += 1;
    const assemblyDir = await synthesizeFor(settings, path.join(dataDir, `cdk.out-${assemblies}`), app);
    return edit
      ? editedCopy(assemblyDir, path.join(dataDir, `cdk.out-${assemblies}-edited`), edit)
      : assemblyDir;
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

async function synthesizeFor(
  settings: Record<string, string>,
  ownFolder: string,
  app: string | undefined,
): Promise<string> {
  const shared = process.env[ASSEMBLIES_VARIABLE];
  if (shared === undefined || app !== undefined) return synthesizeInProject(settings, app);
  const environment = synthEnvironment(settings);
  // Assemblies with a receiver's port or a jobs file are not shared, because the port differs between test files, and a test can change its jobs
  // file.
  if (settings.JOBS !== undefined || JSON.stringify(settings).includes('127.0.0.1:')) {
    await synthesizeHere(environment, ownFolder);
    return ownFolder;
  }
  const key = digest(JSON.stringify(settings));
  const assemblyDir = path.join(shared, key);
  await oneAtATime(key, async () => {
    if (existsSync(assemblyDir)) return;
    const unfinished = `${assemblyDir}-unfinished`;
    await synthesizeHere(environment, unfinished);
    await rename(unfinished, assemblyDir);
  });
  return assemblyDir;
}

/** Runs the CDK app, unless an earlier run has synthesized the assembly from the same sources. */
async function synthesizeInProject(settings: Record<string, string>, app?: string): Promise<string> {
  // Each Jest worker has its own folder for assemblies that contain a receiver's port.
  const place = JSON.stringify(settings).replaceAll(
    /127\.0\.0\.1:\d+/g,
    `worker ${process.env.JEST_WORKER_ID ?? ''}`,
  );
  const key = digest(PROJECT + place + (app ?? ''));
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

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
