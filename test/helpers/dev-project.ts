import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { commandEnvironment } from './command-environment.ts';
import { copyClusterOfService } from './migrated-cluster.ts';
import { PROJECT } from './stack.ts';

/**
 * The maximum number of seconds until a saved change takes effect. The limit is generous, because other test files run on the machine at the same
 * time. `npm run test:packages`, which runs nothing else at the same time, has a limit of one second.
 */
export const MAX_SAVE_SECONDS = 5;

/** The packages installed in a user's project. */
export const DEV_PACKAGES = ['errand-local', 'aws-cdk-lib', 'constructs', 'zod'];

/** The maximum time to wait for a line of output, in milliseconds. On a busy machine, synthesizing the stack is slow. */
const LINE_TIMEOUT_MS = 40_000;

/** A user's project in a new folder, with its packages installed. */
export interface DevProject {
  readonly folder: string;
  /** Writes a file in the project. */
  write(file: string, text: string): Promise<void>;
  /** Saves a file like an editor that writes a temporary file and renames it. */
  replace(file: string, text: string): Promise<void>;
  /** Starts `npx errand dev` in the project. */
  dev(words?: readonly string[], environment?: Readonly<Record<string, string>>): DevProcess;
  remove(): Promise<void>;
}

export interface DevProcess {
  /** Resolves with the next matching line of output, starting after the last returned line. */
  line(pattern: RegExp): Promise<string>;
  /** Returns all output so far. */
  output(): string;
  /** Resolves with the process's exit code. */
  readonly exited: Promise<number | null>;
  end(): Promise<void>;
}

/**
 * Creates a project.
 *
 * @param packages the packages to install in addition to `errand`
 */
export async function createDevProject(packages: readonly string[] = DEV_PACKAGES): Promise<DevProject> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-dev-'));
  await mkdir(path.join(folder, 'node_modules'));
  await mkdir(path.join(folder, '.errand'), { mode: 0o700 });
  await copyClusterOfService(path.join(folder, '.errand'));
  await symlink(PROJECT, path.join(folder, 'node_modules/errand'));
  for (const name of packages) {
    await symlink(path.join(PROJECT, 'node_modules', name), path.join(folder, 'node_modules', name));
  }
  const project: DevProject = {
    folder,
    async write(file, text) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    },
    async replace(file, text) {
      await writeFile(path.join(folder, `${file}~`), text);
      await rename(path.join(folder, `${file}~`), path.join(folder, file));
    },
    dev: (words = [], environment = {}) => startDev(folder, words, environment),
    remove: () => rm(folder, { recursive: true, force: true }),
  };
  await project.write('package.json', JSON.stringify({ private: true, type: 'module' }));
  return project;
}

function startDev(
  folder: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
): DevProcess {
  const child = spawn(process.execPath, ['node_modules/errand/bin/command-line/errand.js', 'dev', ...words], {
    cwd: folder,
    env: commandEnvironment({
      HOME: os.homedir(),
      PORT: '0',
      ERRAND_AWS_PORT: '0',
      ...environment,
    }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let next = 0;
  let isOver = false;
  let wake: () => void = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    createInterface(stream).on('line', (line) => {
      lines.push(line);
      wake();
    });
  }
  const exited = once(child, 'close').then(([code]) => {
    isOver = true;
    wake();
    return code as number | null;
  });
  async function findLine(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = lines.findIndex((line, index) => index >= next && pattern.test(line));
      if (found >= 0) {
        next = found + 1;
        return lines[found] ?? '';
      }
      if (isOver) throw new Error(`No line ${String(pattern)}:\n${lines.join('\n')}`);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  return {
    async line(pattern) {
      const deadline = setTimeout(() => {
        isOver = true;
        wake();
      }, LINE_TIMEOUT_MS);
      try {
        return await findLine(pattern);
      } finally {
        clearTimeout(deadline);
      }
    },
    output: () => lines.join('\n'),
    exited,
    async end() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
