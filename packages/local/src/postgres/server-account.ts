import { execFileSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';

/** Postgres's user account, and how to start a program as that user. */
export interface ServerAccount {
  /** The user to run the program as; undefined for the current user. */
  readonly owner?: { readonly uid: number; readonly gid: number };
  /** Returns the command that runs a program with its arguments, and the user to run the command as. */
  command(program: string, args: readonly string[]): SpawnCommand;
}

export interface SpawnCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly user: { readonly uid?: number; readonly gid?: number };
}

/** The permission bit that lets other users enter a folder. */
const ENTERED_BY_OTHERS = 0o001;

/**
 * Chooses the user account for Postgres. Postgres refuses to run as root, so root starts Postgres as the data's owner. The initial owner is
 * `nobody`, a user that exists on almost every system. `nobody` owns the files, but can't reach them directly, because only root can enter
 * the data folder and the socket's folder. If this process does not run as root, Postgres runs as the current user.
 *
 * @param clusterDir the data folder; it need not exist yet
 * @throws Error if this process runs as root, and the platform is not Linux or has no user `nobody`
 */
export function chooseServerAccount(clusterDir: string): ServerAccount {
  if (process.getuid?.() !== 0) {
    return { command: (program, args) => ({ program, args, user: {} }) };
  }
  if (process.platform !== 'linux') {
    throw new Error('PostgreSQL refuses to run as root: run as another user.');
  }
  const owner = ownerOf(clusterDir) ?? nobody();
  return { owner, command: (program, args) => throughClosedFolders(owner, program, args) };
}

/**
 * Returns the owner of an existing data folder. Returns undefined if root owns the folder, because Postgres also refuses files that root
 * owns.
 */
function ownerOf(folder: string): { uid: number; gid: number } | undefined {
  if (!existsSync(folder)) return undefined;
  const { uid, gid } = statSync(folder);
  return uid === 0 ? undefined : { uid, gid };
}

function nobody(): { uid: number; gid: number } {
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    throw new Error('PostgreSQL refuses to run as root, and there is no user "nobody": run as another user.');
  }
}

/** Returns the command that runs a program as `owner`, but with root's right to enter restricted folders. `setpriv` is part of util-linux. */
function throughClosedFolders(
  owner: { uid: number; gid: number },
  program: string,
  args: readonly string[],
): SpawnCommand {
  const as = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'];
  const rights = ['--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  // PostgreSQL's programs find each other with access(2), which ignores the dac_override capability unless the no_setuid_fixup bit is set.
  if (isInClosedFolder(program)) rights.push('--securebits=+no_setuid_fixup');
  return { program: 'setpriv', args: [...as, ...rights, program, ...args], user: {} };
}

/** Whether a file is in a folder that other users can't enter, such as `/root`. */
function isInClosedFolder(file: string): boolean {
  const folder = path.dirname(file);
  if ((statSync(folder).mode & ENTERED_BY_OTHERS) === 0) return true;
  return folder !== path.dirname(folder) && isInClosedFolder(folder);
}
