import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { Terminal } from '../session.ts';
import { completePackageJson, LEAST_NODE, type PackageJson } from './package-json.ts';
import { install, packageManagerOf, RUN_PROGRAM, type PackageManager } from './package-manager.ts';
import { findProjectFiles, writeProjectFiles } from './project-files.ts';

interface InitOptions {
  install: boolean;
  skipExisting?: boolean;
}

/** Adds `init`. */
export function addInitCommand(program: Command, terminal: Terminal, packageRoot: string): void {
  program
    .command('init [folder]')
    .description('create a project with a job, a test and a CDK app, in this folder or another')
    .option('--skip-existing', 'keep existing files, and write only the missing ones')
    .option('--no-install', 'do not install the packages')
    .action(async (given: string | undefined, options: InitOptions) => {
      requireNode(process.versions.node);
      const folder = path.resolve(given ?? '.');
      const errand = await readPackageJson(packageRoot);
      const { existing, missing } = findProjectFiles(folder);
      if (existing.length > 0 && !options.skipExisting) {
        throw new InvalidArgumentError(
          `${folder} already has ${existing.join(', ')}; nothing was written. ` +
            'To keep these files, add --skip-existing. To use another folder, name it: errand init my-jobs',
        );
      }
      const present = existsSync(path.join(folder, 'package.json'))
        ? await readPackageJson(folder)
        : undefined;
      const { packageJson, added } = completePackageJson(present, errand, path.basename(folder));

      await mkdir(folder, { recursive: true });
      await writeProjectFiles(packageRoot, folder, missing);
      const file = path.join(folder, 'package.json');
      if (added.length > 0) await writeFile(file, `${JSON.stringify(packageJson, null, 2)}\n`);
      terminal.output(summary(missing, added, present !== undefined));

      const manager = packageManagerOf(folder, terminal.environment.npm_config_user_agent);
      if (options.install) {
        const code = await install(manager, folder);
        if (code !== 0) {
          throw new Error(
            `${manager} install failed with exit code ${code}. The files have been written; run ${manager} install again in ${folder}.`,
          );
        }
      }
      terminal.output(nextSteps(manager, folder, options.install));
    });
}

/** @throws InvalidArgumentError if this Node version can't run the project */
export function requireNode(version: string): void {
  if (Number(version.split('.')[0]) >= LEAST_NODE) return;
  throw new InvalidArgumentError(
    `Node ${version} can't run \`errand dev\`: install Node ${LEAST_NODE} or later, the version of the Lambda functions.`,
  );
}

/** @throws InvalidArgumentError if the file is not a JSON object */
async function readPackageJson(folder: string): Promise<PackageJson> {
  const file = path.join(folder, 'package.json');
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (typeof content !== 'object' || content === null || Array.isArray(content))
      throw new TypeError('it is not a JSON object');
    return content as PackageJson;
  } catch (error) {
    throw new InvalidArgumentError(`${file} can't be read: ${(error as Error).message}`);
  }
}

function summary(files: readonly string[], added: readonly string[], hadPackageJson: boolean): string {
  const written = hadPackageJson ? files : [...files, 'package.json'];
  const lines = [`Wrote ${written.length === 0 ? 'no file' : written.join(', ')}.`];
  if (hadPackageJson && added.length > 0) lines.push(`Added to package.json: ${added.join('; ')}.`);
  return lines.join('\n');
}

function nextSteps(manager: PackageManager, folder: string, isInstalled: boolean): string {
  const run = RUN_PROGRAM[manager];
  const steps = [
    [`${manager} run dev`, 'run your jobs on this machine'],
    [`${run} errand submit greet '{"name":"Ada"}' --wait`, 'submit a job from another terminal'],
    [`${manager} test`, 'test your jobs'],
    [`${run} errand doctor`, 'check your AWS account before the first deploy'],
  ];
  if (!isInstalled) steps.unshift([`${manager} install`, 'install the packages']);
  if (folder !== process.cwd()) steps.unshift([`cd ${path.relative(process.cwd(), folder)}`, '']);
  const width = Math.max(...steps.map(([command = '']) => command.length));
  const lines = steps.map(([command = '', purpose = '']) =>
    `  ${command.padEnd(width)}  ${purpose}`.trimEnd(),
  );
  return ['Next:', ...lines].join('\n');
}
