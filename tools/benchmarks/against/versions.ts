import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { provideDependencies } from '../../checkout/dependencies.ts';
import { unpackCommit } from '../../checkout/unpack-commit.ts';
import { openProject, WORKING_TREE, type Project } from '../project.ts';

/** The commit to compare with. */
export interface Commit {
  readonly hash: string;
  /** Short hash, such as `e9de7b8`. */
  readonly short: string;
  readonly subject: string;
}

/** Thrown for invalid arguments. It is reported without a stack trace. */
export class UsageError extends Error {}

/** @throws UsageError if git does not know the commit */
export async function findCommit(name: string): Promise<Commit> {
  const line = await git('log', '-1', '--format=%H %h %s', '--end-of-options', `${name}^{commit}`).catch(
    (cause: unknown) => {
      const { stderr = '', message } = cause as Error & { stderr?: string };
      const [reason] = (stderr || message).split('\n');
      throw new UsageError(
        `--against: git does not know the commit ${JSON.stringify(name)}. Use a hash, a branch or a tag, such as \`main\` or ` +
          `\`HEAD~3\`; \`git fetch\` downloads commits that only the remote has. (${reason ?? ''})`,
        { cause },
      );
    },
  );
  const [hash = '', short = '', ...subject] = line.split(' ');
  return { hash, short, subject: subject.join(' ') };
}

/** Describes the working tree's version, such as `e9de7b8 with uncommitted changes`. */
export async function describeWorkingTree(): Promise<string> {
  const { short } = await findCommit('HEAD');
  return (await git('status', '--porcelain')) === '' ? short : `${short} with uncommitted changes`;
}

/**
 * Unpacks a commit's files into a temporary folder, and links or installs the commit's dependencies.
 *
 * @throws Error if the dependencies cannot be installed
 */
export async function checkOut(
  { hash, short }: Commit,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Project> {
  await using opened = new AsyncDisposableStack();
  const temporary = await mkdtemp(path.join(os.tmpdir(), 'errand-bench-version-'));
  opened.defer(() => rm(temporary, { recursive: true, force: true }));
  const folder = path.join(temporary, short);
  await unpackCommit(WORKING_TREE, hash, folder, signal);
  await provideDependencies(folder, signal, tell);
  const project = opened.use(openProject(short, folder, signal));
  const owned = opened.move();
  return { ...project, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

async function git(...words: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', words, { cwd: WORKING_TREE });
  return stdout.trim();
}
