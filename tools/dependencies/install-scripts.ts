import { packageName, type LockedPackage } from './licences.ts';

/**
 * Returns every package with an undecided install script, as `name@version`. `allowScripts` in package.json approves (`true`) or denies
 * (`false`) install scripts. `npm ci` also refuses undecided packages (strict-allow-scripts in .npmrc), but only in recent versions of npm, and
 * only if the package supports the current platform.
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
