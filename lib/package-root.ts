import { existsSync } from 'node:fs';
import path from 'node:path';

const outerFolder = path.resolve(import.meta.dirname, '..');

/**
 * The package's root folder, which contains the migrations both in a checkout and in an installed package. In a checkout, this file is in
 * `lib`; in a package, its compiled form is in `dist/lib`.
 */
export const packageRoot = existsSync(path.join(outerFolder, 'migrations'))
  ? outerFolder
  : path.resolve(outerFolder, '..');
