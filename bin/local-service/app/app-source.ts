import { globSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { AssemblySource } from '../dev/assembly-source.ts';
import { importErrandLocal } from '../dev/installed-packages.ts';
import { describeAssembly } from './describe-assembly.ts';
import { findErrand, type FoundErrand } from './find-errand.ts';
import { readCdkJson, runApp } from './run-app.ts';

/** The part of an app to run, and the stack's parameters. */
export interface AppSelection {
  /** The command that runs the CDK app, such as `node bin/app.ts`. */
  readonly command: string;
  /** The path of the `Errand` construct. If undefined, the app's only `Errand` runs. */
  readonly construct: string | undefined;
  /** The paths of constructs to leave out even if the `Errand` needs them. */
  readonly without: readonly string[];
  /** The values of the stack's parameters. */
  readonly parameters: Readonly<Record<string, string>>;
}

export interface AppSourceOptions extends AppSelection {
  /** Absolute path of the project's folder. */
  readonly project: string;
  /** Absolute path of the data folder, which is not watched, because its content changes while the stack runs. */
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Files that apps don't read at synth. Dotfiles are ignored too. */
const NOT_READ = ['**/node_modules', '**/cdk.out', '**/*.md', '**/test', '**/*.test.*'];

/** Provides the stack of an `Errand` in the user's own CDK app, with the props that the app passes. */
export function createAppSource(options: AppSourceOptions): AssemblySource {
  const { command, construct, without, parameters, project, environment } = options;
  let watched = watchedFiles(options);
  let notes: readonly string[] = [];
  return {
    // `jobsFile` is undefined, because only the app knows the path of its jobs file. `errand dev` reads the path from the synthesized stack.
    jobsFile: undefined,
    hasFunctions: true,
    queueEnvironment: {},
    watched: () => watched,
    async synthesize({ assemblyDir, signal }) {
      const { isolateConstruct } = await importErrandLocal(project);
      await rm(assemblyDir, { recursive: true, force: true });
      watched = watchedFiles(options);
      const appDir = path.join(assemblyDir, 'app');
      const imported = await runApp({ command, project, assemblyDir: appDir, environment, signal });
      let errand: FoundErrand | undefined;
      const isolated = await isolateConstruct({
        appDir,
        assemblyDir,
        choose: (app) => (errand = findErrand(app, construct)),
        without,
        parameters,
      });
      const before = notes;
      notes = describeAssembly(errand?.path ?? '', isolated);
      return {
        reused: false,
        notes: notes.join('\n') === before.join('\n') ? [] : notes,
        imported,
        ...(errand?.jobs && {
          jobsFile: path.relative(project, errand.jobs.file),
          bundling: errand.jobs.bundling,
        }),
      };
    },
  };
}

/**
 * Lists the files to watch. When one of these files changes, the app runs again. As with `cdk watch`, `watch` in `cdk.json` selects these files; by
 * default, they are the whole project.
 */
function watchedFiles({ project, dataDir }: AppSourceOptions): string[] {
  const { include = '**', exclude = [] } = (readCdkJson(project).watch ?? {}) as {
    include?: string | string[];
    exclude?: string | string[];
  };
  const found = globSync([include].flat(), {
    cwd: project,
    exclude: [...[exclude].flat(), ...NOT_READ, `${path.relative(project, dataDir)}/**`],
    withFileTypes: true,
  });
  const files = found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  return [...files, path.join(project, 'cdk.json'), path.join(project, 'cdk.context.json')];
}
