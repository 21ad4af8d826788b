import { deepEqual, match, ok, rejects } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Steps } from '../helpers/command-steps.ts';
import { freePort } from '../helpers/free-port.ts';
import { followDeployment } from './deployment.ts';
import { startDev, type Dev } from './dev.ts';
import { runIn, type Run } from './installed-app.ts';
import { followReadme } from './readme.ts';
import { followTutorial } from './tutorial.ts';

/** The time limit for getting from an empty folder to the first job, on two cores, in milliseconds. */
const FIRST_JOB_MS = 120_000;

/** The time limit from saving a file until jobs run the new code, in milliseconds. */
const SAVE_MS = 1_000;

/**
 * Follows a new user's steps in an empty folder: installs the tarballs, and runs `npx errand init`, `npm run dev` and `npx errand submit`. The
 * project's test, tsc and the synth must pass, and the README and the tutorial must work. A saved change must take effect, and a second `init` must
 * overwrite nothing.
 */
export async function checkNewProject(
  folder: string,
  tarballs: Iterable<string>,
  steps: Steps,
): Promise<void> {
  const { signal, step, begin } = steps;
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

  const runHere = withEnvironment(run, { ...ports, ERRAND_URL: `http://127.0.0.1:${ports.PORT}` });
  await followReadme(folder, ports.PORT, dev, runHere, step);
  await checkSave(folder, dev);
  await step('a job on the saved code', submitGreet(run, ports, 'Hi, Ada'));
  const isTaken = dev.nextLine(/^Swapped in /);
  await writeFile(path.join(folder, 'jobs/index.ts'), await firstJobsFile(folder));
  await isTaken;
  await step('npm test', run('npm', ['test']));
  await followDeployment(folder, `${folder}-deployed`, steps);
  await followTutorial(folder, dev, runHere, step);
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

/** Checks that `errand dev` applies a saved change within the time limit, by waiting for its next "Swapped in" line. */
async function checkSave(folder: string, dev: Dev): Promise<void> {
  const jobsFile = path.join(folder, 'jobs/index.ts');
  const saved = (await readFile(jobsFile, 'utf8')).replace('Hello, ', 'Hi, ');
  const taken = dev.nextLine(/^Swapped in /);
  const savedAt = performance.now();
  await writeFile(jobsFile, saved);
  const line = await taken;
  const elapsedMs = performance.now() - savedAt;
  console.log(`a save took effect after ${elapsedMs.toFixed(0)} ms: ${line}`);
  ok(elapsedMs < SAVE_MS, 'The save took too long.');
}

async function firstJobsFile(folder: string): Promise<string> {
  return readFile(
    path.join(folder, 'node_modules/errand/bin/command-line/init/project/jobs/index.ts'),
    'utf8',
  );
}

/** Checks that a second `init` is refused, and that the error names the files. */
async function checkNothingOverwritten(folder: string, run: Run): Promise<void> {
  const mine = '// mine\n';
  await writeFile(path.join(folder, 'jobs/index.ts'), mine);
  await rejects(
    run('npx', ['errand', 'init']),
    /exited with 2[^]*already has jobs\/index\.ts, .*tsconfig\.json/,
  );
  deepEqual(await readFile(path.join(folder, 'jobs/index.ts'), 'utf8'), mine);
}
