import { closeTree } from '../data-folder/private-folder.ts';
import type { TemplateValue } from '../template/template.ts';
import { readApp, type App } from './app-assembly.ts';
import { constructAssembly, type AppResource } from './construct-assembly.ts';
import { writeAssembly } from './write-assembly.ts';

export type { App, AppStack, ConstructMetadata } from './app-assembly.ts';
export type { AppResource } from './construct-assembly.ts';
export type { TemplateValue } from '../template/template.ts';

export interface IsolateConstructOptions {
  /** The cloud assembly of the app. Functions run the assets from their original folders. */
  readonly appDir: string;
  /** The folder for the assembly of the construct. */
  readonly assemblyDir: string;
  /** Chooses the construct: its path, such as `Shop/Jobs`, and outputs to add to those of its stack. */
  readonly choose: (app: App) => {
    readonly path: string;
    readonly outputs: Readonly<Record<string, TemplateValue>>;
  };
  /** The paths of constructs that are left out even if the construct needs them: references to them become placeholders. */
  readonly without: readonly string[];
  /** The values of the stack's parameters, by name. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface IsolatedConstruct {
  /** The resources outside the construct that run with it. */
  readonly needed: readonly AppResource[];
  /** The resources that do not run: the construct does not need them, or they would change nothing on this machine. */
  readonly leftOut: readonly AppResource[];
  /** The keys of the lookups in AWS whose results `cdk.context.json` lacks. */
  readonly missing: readonly string[];
}

/**
 * Writes an assembly with one construct of a CDK app, and the resources that the construct needs from all stacks: a stack for
 * `startEmbeddedCloud`.
 *
 * @throws ConstructAssemblyError with a line for each reason why the construct can't run here; TemplateError
 */
export async function isolateConstruct(options: IsolateConstructOptions): Promise<IsolatedConstruct> {
  const { appDir, assemblyDir, choose, without, parameters } = options;
  const app = await readApp(appDir);
  const { path: construct, outputs } = choose(app);
  const assembly = constructAssembly({ stacks: app.stacks, construct, outputs, without, parameters });
  await writeAssembly(assembly, assemblyDir);
  // The CDK makes the folders of bundles readable to every user.
  for (const folder of [appDir, assemblyDir]) await closeTree(folder);
  return { needed: assembly.needed, leftOut: assembly.leftOut, missing: app.missing };
}
