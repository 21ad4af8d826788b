import { existsSync } from 'node:fs';
import path from 'node:path';

const outerFolder = path.resolve(import.meta.dirname, '..');

/**
 * The package's root folder, which contains the migrations both in a checkout and in an installed package. `lib` runs either directly
 * under the root, or compiled in `dist/lib`.
 */
export const packageRoot = existsSync(path.join(outerFolder, 'migrations'))
  ? outerFolder
  : path.resolve(outerFolder, '..');
