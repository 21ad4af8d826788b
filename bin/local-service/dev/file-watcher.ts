import { addAbortListener } from 'node:events';
import { existsSync, readdirSync, statSync, watch, type FSWatcher } from 'node:fs';
import path from 'node:path';

/** How long to wait for more changes after a change, in milliseconds. An editor may write and rename a file several times for one save. */
const QUIET_MS = 30;

export interface WatchedFiles {
  /** Absolute paths of files and folders, which need not exist. For a folder, only its direct children are watched. */
  readonly paths: readonly string[];
  /** Paths of missing files, without extensions. A new file counts as a change if its path begins with one of these paths. */
  readonly missing: readonly string[];
}

export interface Changes {
  /** The time of the first change, from `performance.now()`. */
  readonly since: number;
  /** Absolute paths of the changed files and folders. */
  readonly paths: ReadonlySet<string>;
}

/** Reports file changes, no matter how an editor saves files. No change is lost between two calls to `changed`. */
export interface FileWatcher {
  /**
   * Watches these files instead of the files from the previous call.
   *
   * @param since files changed after this time count as changed, in milliseconds since the epoch
   */
  watch(files: WatchedFiles, since: number): void;
  /**
   * Resolves once a file has changed since the previous call resolved, and no further change has followed for {@link QUIET_MS}.
   *
   * @returns undefined if the signal was aborted
   */
  changed(signal: AbortSignal): Promise<Changes | undefined>;
  end(): void;
}

export function createFileWatcher(): FileWatcher {
  /** Watches folders instead of files, because an editor may replace a file by renaming another file. */
  const watchers = new Map<string, FSWatcher>();
  let watched: WatchedFiles = { paths: [], missing: [] };
  let changes: { since: number; paths: Set<string> } | undefined;
  let quiet: NodeJS.Timeout | undefined;
  let isQuiet = true;
  let wake: () => void = () => undefined;

  const note = (file: string): void => {
    changes ??= { since: performance.now(), paths: new Set() };
    changes.paths.add(file);
    isQuiet = false;
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      isQuiet = true;
      wake();
    }, QUIET_MS);
  };

  const isWatched = (file: string): boolean =>
    watched.paths.some(
      (each) =>
        file === each || file.startsWith(`${each}${path.sep}`) || each.startsWith(`${file}${path.sep}`),
    ) || watched.missing.some((each) => file.startsWith(each) || each.startsWith(`${file}${path.sep}`));

  function watchFolder(folder: string): void {
    if (watchers.has(folder)) return;
    const { ino } = statSync(folder);
    const watcher = watch(folder, (_event, name) => {
      const isReplaced = statSync(folder, { throwIfNoEntry: false })?.ino !== ino;
      // If the inode differs, the folder was deleted or replaced. The next call to `watch` finds the new folder.
      if (isReplaced) forget();
      const file = name === null || isReplaced ? folder : path.join(folder, name);
      if (file === folder || isWatched(file)) note(file);
    });
    const forget = (): void => {
      watcher.close();
      if (watchers.get(folder) === watcher) watchers.delete(folder);
    };
    watcher.on('error', forget);
    watchers.set(folder, watcher);
  }

  return {
    watch(files, since) {
      watched = files;
      const folders = new Set([...files.paths, ...files.missing].flatMap(foldersOf));
      for (const [folder, watcher] of watchers) {
        if (folders.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      for (const folder of folders) watchFolder(folder);
      const appeared = files.missing.flatMap(filesAt);
      for (const file of [...files.paths, ...appeared]) if (changedAt(file) > since) note(file);
    },
    async changed(signal) {
      while (!signal.aborted) {
        if (changes && isQuiet) {
          const noted = changes;
          changes = undefined;
          return noted;
        }
        const noted = Promise.withResolvers<undefined>();
        wake = () => {
          noted.resolve(undefined);
        };
        const listener = addAbortListener(signal, wake);
        await noted.promise;
        listener[Symbol.dispose]();
      }
      return undefined;
    },
    end() {
      clearTimeout(quiet);
      for (const watcher of watchers.values()) watcher.close();
    },
  };
}

/** The folders to watch for changes at a path: the nearest existing folder above it, and the path itself if it is a folder. */
function foldersOf(file: string): string[] {
  let parent = path.dirname(file);
  while (!existsSync(parent)) parent = path.dirname(parent);
  return isFolder(file) ? [file, parent] : [parent];
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Lists the files whose paths start with `beginning`. */
function filesAt(beginning: string): string[] {
  const folder = path.dirname(beginning);
  if (!isFolder(folder)) return [];
  return readdirSync(folder)
    .map((name) => path.join(folder, name))
    .filter((file) => file.startsWith(beginning));
}

/** Returns the inode's change time. Unlike the modification time, the change time also changes when a file is moved. */
function changedAt(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.ctimeMs ?? 0;
}
