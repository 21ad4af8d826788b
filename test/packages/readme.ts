import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Steps } from '../helpers/command-steps.ts';
import { PROJECT } from '../helpers/stack.ts';
import { needPackages } from '../helpers/system-packages.ts';
import type { Dev } from './dev.ts';
import type { Run } from './installed-app.ts';
import { linesOf, patternOf } from './shown-output.ts';

/** Commands that `checkNewProject` has already run with the tarballs. */
const RUN_BEFORE = ['npm install errand', 'npx errand init', 'npm run dev'];

/**
 * Commands that need AWS or this repository. `followDeployment` runs the AWS commands in an emulator. CI and
 * test/integration/local-service run the others.
 */
const RUN_ELSEWHERE = /^(npx errand (doctor|key) ?|npx cdk |export |npm ci && npm start$|npm cit$)/;

/** The URL that the README shows. */
const SHOWN_ADDRESS = /(?:http:\/\/127\.0\.0\.1|localhost):3000/g;

/**
 * Follows README.md in a project that `errand init` created and `errand dev` runs. Checks that the project contains the README's job, runs the
 * README's commands and client, and looks for each line of the README's outputs. Any other `ts` block must be the CDK example, which is not run.
 */
export async function followReadme(
  folder: string,
  port: string,
  dev: Dev,
  run: Run,
  step: Steps['step'],
): Promise<void> {
  await needPackages('The README test', ['curl']);
  const readme = await readFile(path.join(PROJECT, 'README.md'), 'utf8');
  const page = readme.replace(SHOWN_ADDRESS, `http://127.0.0.1:${port}`);
  const outputs: string[] = [];
  let mark = dev.lineCount;
  let compared = 0;
  for (const [, language, code = ''] of page.matchAll(/^```(console|ts|text)\n(.*?)^```$/gms)) {
    if (language === 'text') {
      for (const line of linesOf(code)) await dev.nextLine(patternOf(line), mark);
      compared += linesOf(code).length;
    } else if (language === 'console') {
      for (const command of commandsOf(code)) {
        mark = dev.lineCount;
        outputs.push(await step(`README: ${command.slice(0, 60)}`, run('sh', ['-c', command])));
      }
    } else if (code.startsWith('// jobs/index.ts\n')) {
      equal(await readFile(path.join(folder, 'jobs/index.ts'), 'utf8'), code.replace(/^.*\n/, ''));
    } else if (code.includes('createErrand')) {
      await writeFile(path.join(folder, 'readme.ts'), code);
      outputs.push(await step('README: its client', run('node', ['readme.ts'])));
    } else {
      // This code is not run here. `npm run test:snippets` compiles it.
      match(code, /new Errand\(/);
    }
  }
  ok(compared > 0, 'README shows no outputs.');
  const [submitted = '', greeting, response = ''] = outputs;
  match(submitted, /^status +success$/m);
  equal(greeting, 'Hello, Ada\n');
  const { status, result } = JSON.parse(response) as Record<string, unknown>;
  deepEqual({ status, result }, { status: 'success', result: { greeting: 'Hello, Ada' } });
}

/** Returns a block's commands, except those that this test skips. A command may continue on the next line. */
function commandsOf(block: string): string[] {
  const commands = block
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/ +#.*$/, ''));
  return commands.filter(
    (command) => command !== '' && !RUN_BEFORE.includes(command) && !RUN_ELSEWHERE.test(command),
  );
}
