import { packageName, type LockedPackage } from './licences.ts';

/**
 * Every package with an install script that `allowScripts` of package.json neither approves (`true`) nor denies (`false`),
 * as `name@version`. `npm ci` refuses such a package too (strict-allow-scripts in .npmrc), but only in an npm that knows that
 * setting, and only on a platform that the package is for.
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
