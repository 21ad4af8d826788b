import { execFile } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { killGroup } from './sandbox.ts';

/**
 * The sandboxes of one run, on disk. A sandbox whose parent dies ends by itself, unless its function is in a busy loop:
 * the next run finds that one here.
 */
export class SandboxRecords {
  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  /** Notes a process; synchronously, so that it stands there whatever happens next. */
  add(pid: number, token: string): void {
    appendFileSync(this.#file, `${pid} ${token}\n`);
  }

  /** Kills what an earlier run left behind, and nothing else: a process counts only with its token in its command line. */
  async killOrphans(): Promise<void> {
    const lines = (await readFile(this.#file, 'utf8').catch(() => '')).split('\n');
    for (const line of lines) {
      const [, pid, token] = /^(\d+) (\S+)$/.exec(line) ?? [];
      if (pid && token && (await commandLine(pid)).includes(token)) killGroup(Number(pid));
    }
    await this.clear();
  }

  async clear(): Promise<void> {
    await rm(this.#file, { force: true });
  }
}

/** The command line of a process, or nothing if there is none of that number. */
async function commandLine(pid: string): Promise<string> {
  if (process.platform === 'linux') {
    return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', pid]).catch(() => ({
    stdout: '',
  }));
  return stdout;
}
