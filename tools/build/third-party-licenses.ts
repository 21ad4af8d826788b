import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/** Matches a package's folder, such as `node_modules/@smithy/core/`. The package may be nested in another package's `node_modules`. */
const PACKAGE_FOLDER = /^.*node_modules\/(?:@[^/]+\/)?[^/]+\//;

const LICENSE_FILE = /^(licen[sc]e|notice)/i;

/**
 * Returns the license texts of all bundled packages. The licenses require that every redistribution includes their texts.
 *
 * @param inputs the files that went into the bundles, relative to the project's root
 * @throws Error that names a package without a license
 */
export function thirdPartyLicenses(inputs: Iterable<string>): string {
  const folders = new Set<string>();
  for (const input of inputs) {
    const [folder] = PACKAGE_FOLDER.exec(input) ?? [];
    if (folder !== undefined) folders.add(folder);
  }
  const texts = [...folders].map((folder) => licenseOf(path.join(PROJECT, folder)));
  return [...new Set(texts)].sort().join(`\n${'-'.repeat(80)}\n\n`);
}

function licenseOf(folder: string): string {
  const { name, version, license } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const texts = readdirSync(folder)
    .filter((file) => LICENSE_FILE.test(file))
    .map((file) => readFileSync(path.join(folder, file), 'utf8').trim());
  if (license === undefined && texts.length === 0)
    throw new Error(`The package ${name} does not name a license.`);
  return [`${name} ${version} (${license ?? 'see below'})`, ...texts].join('\n\n') + '\n';
}
