import { deepEqual, equal, match, ok, rejects } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { Steps } from '../helpers/command-steps.ts';
import { PROJECT } from '../helpers/stack.ts';
import type { Dev } from './dev.ts';
import type { Run } from './installed-app.ts';
import { isLineOfDev, linesOf, patternOf } from './shown-output.ts';

/** Commands that the test skips: `checkNewProject` has already run them, or `followDeployment` runs them in an emulator. */
const NOT_RUN =
  /^(mkdir |npm install errand$|npx errand (init|key|doctor)|npm run dev$|npx cdk |export |node submit\.ts {3}#)/;

/** The tutorial's command that is meant to fail. */
const FAILS = 'npx errand submit thumbnail --file package.json --wait';

/**
 * Follows docs/tutorial.md in a project that `errand init` created and `errand dev` runs. In the page's order, creates the files, runs the
 * commands, and looks for each line of the outputs.
 */
export async function followTutorial(folder: string, dev: Dev, run: Run, step: Steps['step']): Promise<void> {
  const cat = sharp({ create: { width: 800, height: 600, channels: 3, background: 'teal' } });
  await writeFile(path.join(folder, 'cat.jpg'), await cat.jpeg().toBuffer());
  const outputs = new Map<string, string>();
  const page = await readFile(path.join(PROJECT, 'docs/tutorial.md'), 'utf8');
  let mark = dev.lineCount;
  let latest = '';
  let compared = 0;
  for (const [, language, code = ''] of page.matchAll(/^```(console|ts|text)\n(.*?)^```$/gms)) {
    if (language === 'ts') {
      await writeBlock(folder, code, dev);
    } else if (language === 'console') {
      for (const command of commandsOf(code)) {
        mark = dev.lineCount;
        latest = await runCommand(command, run, step);
        outputs.set(command, latest);
      }
    } else {
      for (const line of linesOf(code)) {
        if (isLineOfDev(line)) await dev.nextLine(patternOf(line), mark);
        else match(latest, patternOf(line));
        compared += 1;
      }
    }
  }
  ok(compared > 0, 'The tutorial shows no outputs.');
  await checkThumbnail(outputs.get('node submit.ts') ?? '');
}

/**
 * Writes a file from the tutorial. The block's first line is the file's name. After writing the jobs file, waits until the change takes effect.
 */
async function writeBlock(folder: string, code: string, dev: Dev): Promise<void> {
  const [, file] = /^\/\/ (\S+)\n/.exec(code) ?? [];
  if (file === undefined) throw new Error(`A block of the tutorial names no file:\n${code}`);
  const isTaken = file === 'jobs/index.ts' ? dev.nextLine(/^(Swapped|Deployed) in /) : undefined;
  await writeFile(path.join(folder, file), code);
  await isTaken;
}

function commandsOf(block: string): string[] {
  const lines = block.split('\n').filter((line) => line !== '' && !NOT_RUN.test(line));
  return lines.map((line) => line.replace(/ +#.*$/, ''));
}

async function runCommand(command: string, run: Run, step: Steps['step']): Promise<string> {
  const running = run('sh', ['-c', command]);
  if (command !== FAILS) return step(`tutorial: ${command}`, running);
  await step(
    `tutorial: ${command}`,
    rejects(running, /exited with 1:[^]*sharp can't read the file as an image/),
  );
  return '';
}

/** Checks that the client prints a link to a thumbnail. */
async function checkThumbnail(output: string): Promise<void> {
  match(output, /^\d+ bytes: http/);
  const [, bytes = '', url = ''] = /^(\d+) bytes: (\S+)/.exec(output) ?? [];
  const image = Buffer.from(await (await fetch(url)).arrayBuffer());
  equal(image.length, Number(bytes));
  const { width, height, format } = await sharp(image).metadata();
  deepEqual({ width, height, format }, { width: 120, height: 90, format: 'webp' });
}
