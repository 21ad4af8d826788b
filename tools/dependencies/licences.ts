/** Licenses of packages that an MIT project can use and distribute. No license here has a copyleft that would extend to the project's code. */
export const ALLOWED: ReadonlySet<string> = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC-BY-3.0',
  'CC-BY-4.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'MIT-0',
  'PSF-2.0',
  'Python-2.0',
  'Unlicense',
  'WTFPL',
  'Zlib',
]);

/**
 * LGPL packages with native libraries, which the tests load as an example of a user's native package. Nothing that Errand publishes
 * contains them.
 */
const TEST_ONLY = '@img/sharp-';
const LGPL = 'LGPL-3.0-or-later';

/**
 * Packages with the MPL. The MPL's copyleft covers only the packages' own files. These packages are used to build and test the console. Nothing
 * that Errand publishes contains them.
 */
const BUILD_AND_TEST_ONLY = /^(axe-core|lightningcss(-.+)?)$/;
const MPL = 'MPL-2.0';

/** An entry in package-lock.json. The root package's key is empty. */
export interface LockedPackage {
  readonly version?: string;
  readonly license?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

/**
 * Returns every package without an allowed license, as `name@version: license`. For `A OR B`, one license must be allowed. For `A AND B`, both
 * must be allowed. A package without a license is not allowed.
 */
export function refusedLicences(packages: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(packages)
    .filter(([path, { link = false }]) => path !== '' && !link)
    .filter(([path, { license = '' }]) => !isAllowed(license, exceptionOf(packageName(path))))
    .map(([path, { version, license }]) => {
      return `${packageName(path)}@${String(version)}: ${license ?? 'no license named'}`;
    });
}

/** Returns the name of the package at a path in package-lock.json, such as `node_modules/a/node_modules/@scope/b`. */
export function packageName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Returns the additional license that is allowed for this package; undefined if there is none. */
function exceptionOf(name: string): string | undefined {
  if (name.startsWith(TEST_ONLY)) return LGPL;
  return BUILD_AND_TEST_ONLY.test(name) ? MPL : undefined;
}

function isAllowed(expression: string, exception: string | undefined): boolean {
  const allowed = (licence: string): boolean => ALLOWED.has(licence) || licence === exception;
  const inner = expression.replaceAll(/[()]/g, '').trim();
  return inner
    .split(/ OR /i)
    .some((choice) => choice.split(/ AND /i).every((licence) => allowed(licence.trim())));
}
