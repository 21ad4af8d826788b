import { closeTree } from '../data-folder/private-folder.ts';
import type { TemplateValue } from '../template/template.ts';
import { readApp, type App } from './app-assembly.ts';
import { constructAssembly, type AppResource } from './construct-assembly.ts';
import { writeAssembly } from './write-assembly.ts';

export type { App, AppStack, ConstructMetadata } from './app-assembly.ts';
export type { AppResource } from './construct-assembly.ts';
export type { TemplateValue } from '../template/template.ts';

export interface IsolateConstructOptions {
  /** The app's cloud assembly. Functions run the assets from their original folders. */
  readonly appDir: string;
  /** The folder for the construct's assembly. */
  readonly assemblyDir: string;
  /** Returns the path of the construct to run, such as `Shop/Jobs`, and the outputs to add to the construct's stack. */
  readonly choose: (app: App) => {
    readonly path: string;
    readonly outputs: Readonly<Record<string, TemplateValue>>;
  };
  /** The paths of constructs to leave out, even if the selected construct needs them. References to these constructs become placeholders. */
  readonly without: readonly string[];
  /** The values of the stack's parameters, keyed by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface IsolatedConstruct {
  /** Resources outside the construct that also run, because the construct needs them. */
  readonly needed: readonly AppResource[];
  /** Resources that do not run, because the construct does not need them, or because they have no effect on this machine. */
  readonly leftOut: readonly AppResource[];
  /** The keys of AWS context lookups that have no result in `cdk.context.json`. */
  readonly missing: readonly string[];
}

/**
 * Writes an assembly for `startEmbeddedCloud`. Its single stack contains one construct from a CDK app, and the resources that
 * the construct needs from any of the app's stacks.
 *
 * @throws ConstructAssemblyError with one line for each reason why the construct can't run here; TemplateError that names a missing or invalid file
 */
export async function isolateConstruct(options: IsolateConstructOptions): Promise<IsolatedConstruct> {
  const { appDir, assemblyDir, choose, without, parameters } = options;
  const app = await readApp(appDir);
  const { path: construct, outputs } = choose(app);
  const assembly = constructAssembly({ stacks: app.stacks, construct, outputs, without, parameters });
  await writeAssembly(assembly, assemblyDir);
  // Removes other users' access, because the CDK makes bundle folders readable by all users.
  for (const folder of [appDir, assemblyDir]) await closeTree(folder);
  return { needed: assembly.needed, leftOut: assembly.leftOut, missing: app.missing };
}
