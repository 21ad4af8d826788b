import { join } from 'node:path';
import { closeTree } from 'errand-local/data-folder/private-folder';
import { readApp } from 'errand-local/app/app-assembly';
import { constructAssembly } from 'errand-local/app/construct-assembly';
import { writeAssembly } from 'errand-local/app/write-assembly';
import { describeAssembly } from './describe-assembly.ts';
import { findErrand, type FoundErrand } from './find-errand.ts';
import { runApp, type RunAppOptions } from './run-app.ts';

export interface SynthesizeAppOptions extends RunAppOptions {
  /** The path of the Errand. @default - the app's only one */
  readonly construct?: string | undefined;
  /** The paths of constructs to run without, although the Errand needs them. */
  readonly without?: readonly string[];
  /** The values of the stack's parameters. */
  readonly parameters?: Readonly<Record<string, string>>;
}

export interface SynthesizedApp {
  /** The folder of an assembly with one stack: the Errand, and what it needs. */
  readonly assemblyDir: string;
  readonly errand: FoundErrand;
  /** What runs and what is left out, in lines for the terminal. */
  readonly description: readonly string[];
}

/**
 * Runs the user's CDK app, and takes its Errand out of the assembly.
 *
 * @throws Error with the app's own error, or with each reason why the Errand can't run here
 */
export async function synthesizeApp(options: SynthesizeAppOptions): Promise<SynthesizedApp> {
  const { construct, without = [], parameters = {}, assemblyDir } = options;
  const wholeDir = join(assemblyDir, 'app');
  await runApp({ ...options, assemblyDir: wholeDir });
  const app = await readApp(wholeDir);
  const errand = findErrand(app, construct);
  const assembly = constructAssembly({
    stacks: app.stacks,
    construct: errand.path,
    outputs: errand.outputs,
    without,
    parameters,
  });
  await writeAssembly(assembly, assemblyDir);
  // The CDK opens the folders of bundles to every user.
  await closeTree(assemblyDir);
  return { assemblyDir, errand, description: describeAssembly(errand.path, assembly, app.missing) };
}
