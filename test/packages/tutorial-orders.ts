import { equal, match, ok } from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Steps } from '../helpers/command-steps.ts';
import { freePort } from '../helpers/free-port.ts';
import { PROJECT } from '../helpers/stack.ts';
import { startDev, type Dev } from './dev.ts';
import { runIn, type Run } from './installed-app.ts';
import { isLineOfDev, linesOf, patternOf } from './shown-output.ts';

/** Matches the parts of the page that the test follows: code blocks, and two actions by the reader. */
const PART = /^```(console|ts|text)\n(.*?)^```$|\*\*Stop `npm run dev`|Click \*\*Approve\*\*/gms;

/** Commands that set up the project. They are not run, because the test installs the tarballs instead. */
const NOT_RUN = /^(mkdir |npm install errand$)/;

/** The address in the order that is meant to fail. */
const FAILS = 'The Moon';

type StepsOfCommand = Pick<Steps, 'signal' | 'step' | 'begin'>;

/**
 * Follows docs/tutorial-orders.md in a new project. It creates the page's files, runs the commands, restarts `errand dev`, opens the approval link,
 * and looks for each line of the page's outputs.
 */
export async function followOrdersTutorial(
  folder: string,
  tarballs: Iterable<string>,
  steps: StepsOfCommand,
): Promise<void> {
  await mkdir(folder);
  const run = runIn(folder, steps.signal);
  await steps.step('orders: tarballs installed', run('npm', ['install', '--no-audit', ...tarballs]));
  const ports = { PORT: String(await freePort()), ERRAND_AWS_PORT: String(await freePort()) };
  const reader = new Reader(folder, ports, run, steps);
  const page = await readFile(path.join(PROJECT, 'docs/tutorial-orders.md'), 'utf8');
  for (const [text, kind, content = ''] of page.matchAll(PART)) {
    if (kind === 'ts') await reader.write(content);
    else if (kind === 'console') await reader.run(content);
    else if (kind === 'text') await reader.compare(content);
    else if (text.startsWith('Click')) await reader.approve();
    else await reader.restart();
  }
  ok(reader.compared > 0, 'The page shows no outputs.');
}

class Reader {
  /** The number of the page's output lines found so far. */
  compared = 0;
  readonly #folder: string;
  readonly #ports: Readonly<Record<string, string>>;
  readonly #run: Run;
  readonly #steps: StepsOfCommand;
  #dev: Dev | undefined;
  /** The number of lines that `errand dev` had printed before the last action on a job. */
  #mark = 0;
  /** The output of the last command block. */
  #output = '';
  /** The id of the last submitted job. */
  #jobId = '';

  constructor(folder: string, ports: Readonly<Record<string, string>>, run: Run, steps: StepsOfCommand) {
    this.#folder = folder;
    this.#ports = ports;
    this.#run = run;
    this.#steps = steps;
  }

  /** Writes a file from the page. The block's first line is the file's name. */
  async write(code: string): Promise<void> {
    const [, file] = /^\/\/ (\S+)\n/.exec(code) ?? [];
    if (file === undefined) throw new Error(`A block of the tutorial names no file:\n${code}`);
    await writeFile(path.join(this.#folder, file), code);
  }

  async run(block: string): Promise<void> {
    this.#output = '';
    for (const line of block.trim().split('\n')) {
      const command = line.replace(/ +#.*$/, '');
      if (NOT_RUN.test(command) || command === 'JOB=…') continue;
      if (command === 'npm run dev') await this.#start();
      else if (command.startsWith('npx errand signal')) await this.#signal(command);
      else this.#output += await this.#runCommand(command);
    }
  }

  async #start(): Promise<void> {
    const starting = startDev(this.#folder, { ...this.#ports }, this.#steps.signal);
    this.#dev = await this.#steps.begin('orders: npm run dev', starting);
    this.#mark = 0;
  }

  async #runCommand(command: string): Promise<string> {
    const isSubmission = command.startsWith('npx errand submit');
    if (isSubmission) this.#markNow();
    const running = this.#run('sh', ['-c', command], { ...this.#ports, JOB: this.#jobId });
    const name = `orders: ${command.slice(0, 60)}`;
    const output = await this.#steps.step(name, command.includes(FAILS) ? failing(running) : running);
    if (isSubmission) this.#jobId = /^job_id +(\S+)$/m.exec(output)?.[1] ?? '';
    return output;
  }

  /** Sends a signal, and waits for the order to ship. */
  async #signal(command: string): Promise<void> {
    await this.#runCommand(command);
    match(await this.#runCommand('npx errand wait $JOB'), /"shipped":true/);
  }

  /** Restarts `errand dev`. */
  async restart(): Promise<void> {
    await this.#dev?.end();
    await this.#start();
  }

  /** Opens the link in the log and approves. Checks that the link's page then shows the approval. */
  async approve(): Promise<void> {
    const [link = ''] = /http:\S+\/approvals\/\S+/.exec(this.#output) ?? [];
    const { signal } = this.#steps;
    const open = async (): Promise<string> => (await fetch(link, { signal })).text();
    match(await open(), /Ship order A-2 for 250 €\?/);
    this.#markNow();
    const { status } = await fetch(`${link}?answer=approve`, { method: 'POST', signal });
    equal(status, 200);
    match(await open(), /has already been answered/);
  }

  #markNow(): void {
    this.#mark = this.#dev?.lineCount ?? 0;
  }

  /**
   * Looks for the lines of the page's sample output. Lines that begin with a time must be in the output of `errand dev`; other lines must be in the
   * output of the last command block.
   */
  async compare(shown: string): Promise<void> {
    for (const line of linesOf(shown)) {
      const pattern = patternOf(line);
      if (isLineOfDev(line)) await this.#dev?.nextLine(pattern, this.#mark);
      else match(this.#output, pattern);
      this.compared += 1;
    }
  }
}

/** Checks that a command fails with exit code 1, and returns the error message, which contains the output. */
async function failing(running: Promise<string>): Promise<string> {
  const message = await running.then(
    () => 'succeeded',
    (error: unknown) => String(error),
  );
  match(message, /exited with 1:/);
  return message;
}
