import { deepEqual, match, ok, rejects } from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Steps } from '../helpers/command-steps.ts';
import { freePort } from '../helpers/free-port.ts';
import { environmentOf, runIn, type Run } from './installed-app.ts';
import { followTutorial } from './tutorial.ts';

/** How long the way from an empty folder to the first job may take on two cores, in milliseconds. */
const FIRST_JOB_MS = 120_000;

/** How long a save may take until jobs run the new code, in milliseconds. */
const SAVE_MS = 1_000;

/**
 * What a new user does in an empty folder: install the tarballs, then `npx errand init`, `npm run dev` and `npx errand submit`. The
 * project's own test, tsc and synth pass too, a save is taken, the tutorial can be followed from there, and a second `init` overwrites nothing.
 */
export async function checkNewProject(
  folder: string,
  tarballs: Iterable<string>,
  { signal, step, begin }: Pick<Steps, 'signal' | 'step' | 'begin'>,
): Promise<void> {
  await mkdir(folder);
  const run = runIn(folder, signal);
  const startedAt = performance.now();
  await step('empty folder: tarballs installed', run('npm', ['install', '--no-audit', ...tarballs]));
  const initialized = await step('npx errand init', run('npx', ['errand', 'init']));
  match(initialized, /Wrote jobs\/index\.ts/);
  match(initialized, /npx errand submit greet/);
  const ports = { PORT: String(await freePort()), ERRAND_AWS_PORT: String(await freePort()) };
  const dev = await begin('npm run dev', startDev(folder, ports, signal));
  await step('npx errand submit greet', submitGreet(run, ports, 'Hello, Ada'));
  const elapsedMs = performance.now() - startedAt;
  console.log(`from an empty folder to the first job: ${(elapsedMs / 1000).toFixed(1)} s`);
  ok(elapsedMs < FIRST_JOB_MS, 'The first job took too long.');

  await checkSave(folder, dev);
  await step('a job on the saved code', submitGreet(run, ports, 'Hi, Ada'));
  await writeFile(path.join(folder, 'jobs/index.ts'), await firstJobsFile(folder));
  await step('npm test', run('npm', ['test']));
  await followTutorial(
    folder,
    dev,
    withEnvironment(run, { ...ports, ERRAND_URL: `http://127.0.0.1:${ports.PORT}` }),
    step,
  );
  await step('npm run types', run('npm', ['run', 'types']));
  await step('npm run synth', run('npm', ['run', 'synth', '--', '--quiet', '--no-notices']));
  await checkNothingOverwritten(folder, run);
}

function withEnvironment(run: Run, environment: Readonly<Record<string, string>>): Run {
  return (command, words) => run(command, words, environment);
}

async function submitGreet(run: Run, ports: Record<string, string>, greeting: string): Promise<void> {
  const words = ['errand', 'submit', 'greet', '{"name":"Ada"}', '--wait', '--json'];
  const { status, result } = JSON.parse(await run('npx', words, ports)) as Record<string, unknown>;
  deepEqual({ status, result }, { status: 'success', result: { greeting } });
}

/** `errand dev` takes a save: the next line that it prints about the jobs file comes in time. */
async function checkSave(folder: string, dev: Dev): Promise<void> {
  const jobsFile = path.join(folder, 'jobs/index.ts');
  const saved = (await readFile(jobsFile, 'utf8')).replace('Hello, ', 'Hi, ');
  const taken = dev.nextLine(/^Swapped in /);
  const savedAt = performance.now();
  await writeFile(jobsFile, saved);
  const line = await taken;
  const elapsedMs = performance.now() - savedAt;
  console.log(`a save was taken after ${elapsedMs.toFixed(0)} ms: ${line}`);
  ok(elapsedMs < SAVE_MS, 'The save took too long.');
}

async function firstJobsFile(folder: string): Promise<string> {
  return readFile(
    path.join(folder, 'node_modules/errand/bin/command-line/init/project/jobs/index.ts'),
    'utf8',
  );
}

/** A second init refuses, and names the files. */
async function checkNothingOverwritten(folder: string, run: Run): Promise<void> {
  const mine = '// mine\n';
  await writeFile(path.join(folder, 'jobs/index.ts'), mine);
  await rejects(
    run('npx', ['errand', 'init']),
    /ended with 2[^]*already has jobs\/index\.ts, .*tsconfig\.json/,
  );
  deepEqual(await readFile(path.join(folder, 'jobs/index.ts'), 'utf8'), mine);
}

/** The project's `npm run dev`. */
interface Dev {
  /** The next line that matches. */
  nextLine(pattern: RegExp): Promise<string>;
  end(): Promise<void>;
}

async function startDev(folder: string, ports: Record<string, string>, signal: AbortSignal): Promise<Dev> {
  // A process group, so that npm's children end too.
  const child = spawn('npm', ['run', 'dev'], {
    cwd: folder,
    env: { ...environmentOf(folder), ...ports },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  const waiting = new Set<{ pattern: RegExp; found: (line: string) => void }>();
  for (const output of [child.stdout, child.stderr]) {
    createInterface(output).on('line', (line) => {
      log += `${line}\n`;
      for (const each of waiting) {
        if (!each.pattern.test(line)) continue;
        waiting.delete(each);
        each.found(line);
      }
    });
  }
  const closed = once(child, 'close').then(() => {
    throw new Error(`npm run dev ended:\n${log}`);
  });
  closed.catch(() => undefined);
  const dev: Dev = {
    nextLine(pattern) {
      const line = new Promise<string>((found) => waiting.add({ pattern, found }));
      const timeout = AbortSignal.any([signal, AbortSignal.timeout(FIRST_JOB_MS)]);
      const late = once(timeout, 'abort').then(() => {
        throw new Error(`npm run dev printed no line ${String(pattern)}:\n${log}`);
      });
      return Promise.race([line, closed, late]);
    },
    async end() {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
      await closed.catch(() => undefined);
    },
  };
  try {
    await dev.nextLine(/^Ready in /);
    return dev;
  } catch (error) {
    await dev.end();
    throw error;
  }
}
