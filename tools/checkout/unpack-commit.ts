import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';

/**
 * Unpacks a commit's files into a new folder. Does not create a git worktree, because a killed run would leave the worktree in the repository.
 *
 * @param repository any folder of the repository's working tree
 * @throws Error if git does not have the commit
 */
export async function unpackCommit(
  repository: string,
  commit: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(folder);
  const archive = spawn('git', ['archive', '--format=tar', commit], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'inherit'],
    signal,
  });
  const tar = spawn('tar', ['-x', '-C', folder], { stdio: [archive.stdout, 'ignore', 'inherit'], signal });
  const ends = [once(archive, 'exit'), once(tar, 'exit')] as Promise<[number | null]>[];
  for (const [code] of await Promise.all(ends)) {
    if (code !== 0) throw new Error(`git archive ${commit} | tar -x -C ${folder} failed.`);
  }
}
