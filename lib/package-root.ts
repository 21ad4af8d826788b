import { existsSync } from 'node:fs';
import path from 'node:path';

const outerFolder = path.resolve(import.meta.dirname, '..');

/**
 * The root of the package, which contains the migrations, both in a checkout and in an app that installed the package. `lib` runs
 * either from the root, or compiled from `dist/lib`.
 */
export const packageRoot = existsSync(path.join(outerFolder, 'migrations'))
  ? outerFolder
  : path.resolve(outerFolder, '..');
