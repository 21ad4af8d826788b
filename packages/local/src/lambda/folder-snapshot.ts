import { createHash } from 'node:crypto';
import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';

interface Entry {
  /** The path, relative to the folder. */
  readonly at: string;
  readonly kind: 'folder' | 'file' | 'link';
  /** Whether the owner may execute the file. */
  readonly isExecutable: boolean;
  /** For a symbolic link, its target in the copy; otherwise empty. */
  readonly target: string;
}

/**
 * Returns a SHA-256 digest of everything in a folder, as 64 hexadecimal digits. The digest covers paths, contents, symbolic links, and the files'
 * executable bits.
 */
export function digestOfFolder(folder: string): string {
  const root = realpathSync(folder);
  const hash = createHash('sha256');
  for (const { at, kind, isExecutable, target } of entriesOf(root)) {
    const content = kind === 'file' ? readFileSync(path.join(root, at)) : Buffer.alloc(0);
    hash.update(JSON.stringify([at, kind, isExecutable, target, content.length])).update(content);
  }
  return hash.digest('hex');
}

/**
 * Copies a folder so that the copy does not depend on the original. Symbolic links to targets within the folder point into the copy. Links
 * to targets outside, such as packages with native modules, keep their targets.
 */
export function copyFolder(folder: string, copy: string): void {
  const root = realpathSync(folder);
  mkdirSync(copy, { recursive: true });
  for (const { at, kind, isExecutable, target } of entriesOf(root)) {
    const to = path.join(copy, at);
    if (kind === 'folder') mkdirSync(to, { recursive: true });
    else if (kind === 'link') symlinkSync(target, to);
    else {
      copyFileSync(path.join(root, at), to, constants.COPYFILE_FICLONE);
      chmodSync(to, isExecutable ? 0o700 : 0o600);
    }
  }
}

/**
 * Lists everything in a folder, with each subfolder before its contents. Skips sockets and other special files, because they are not code.
 */
function entriesOf(root: string): Entry[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => ({ entry, at: path.relative(root, path.join(entry.parentPath, entry.name)) }))
    .sort((one, other) => (one.at < other.at ? -1 : 1))
    .flatMap(({ entry, at }): Entry[] => {
      const plain = { at, isExecutable: false, target: '' };
      if (entry.isDirectory()) return [{ ...plain, kind: 'folder' }];
      if (entry.isSymbolicLink()) return [{ ...plain, kind: 'link', target: targetInCopy(root, at) }];
      if (!entry.isFile()) return [];
      const { mode } = lstatSync(path.join(root, at));
      return [{ ...plain, kind: 'file', isExecutable: (mode & constants.S_IXUSR) !== 0 }];
    });
}

function targetInCopy(root: string, at: string): string {
  const from = path.dirname(path.join(root, at));
  const target = path.resolve(from, readlinkSync(path.join(root, at)));
  const isInside = target === root || target.startsWith(root + path.sep);
  return isInside ? path.relative(from, target) || '.' : target;
}
