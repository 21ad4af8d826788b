import { packageName, type LockedPackage } from './licences.ts';

/**
 * Every package with an install script that `allowScripts` in package.json neither approves (`true`) nor denies (`false`), as
 * `name@version`. `npm ci` also refuses such a package (strict-allow-scripts in .npmrc), but only if npm is recent enough to know that
 * setting, and only on the package's own platforms.
 */
export function undecidedInstallScripts(
  packages: Readonly<Record<string, LockedPackage>>,
  allowScripts: Readonly<Record<string, boolean>>,
): string[] {
  const decided = new Set(Object.keys(allowScripts));
  return Object.entries(packages)
    .filter(([, { hasInstallScript = false }]) => hasInstallScript)
    .filter(([path]) => !decided.has(packageName(path)))
    .map(([path, { version }]) => `${packageName(path)}@${String(version)}`);
}
