import { createRequire, registerHooks } from 'node:module';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The packages that Lambda's Node.js runtimes include (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html). */
const IN_RUNTIME = /^@(aws-sdk|smithy)\//;

/**
 * Finds modules as in Lambda: in the bundle, then in the layers, then in the AWS SDK of the runtime. In AWS nothing lies above the task
 * root. Here a package missing from a bundle would be found in a node_modules folder of the project. Packages that the bundle links to,
 * such as those with native parts, may lie outside, with all that they import.
 *
 * @param {{taskRoot: string, layersDir: string | null, sdkFolders: string[]}} folders the real path of the bundle, the folder in place
 *   of `/opt`, and the folders from which the packages of the runtime are looked up
 */
export function resolveModulesAsInLambda({ taskRoot, layersDir, sdkFolders }) {
  const inside = folderUrl(taskRoot);
  const isOutside = (url) => url?.startsWith('file:') && !url.startsWith(inside);
  registerHooks({
    resolve(specifier, importer, nextResolve) {
      const { parentURL } = importer;
      let resolved;
      let failure;
      try {
        resolved = nextResolve(specifier, importer);
      } catch (error) {
        failure = error;
      }
      const isAllowed =
        resolved &&
        (!isOutside(resolved.url) || isOutside(parentURL) || isLinked(specifier, parentURL, taskRoot));
      if (isAllowed) return resolved;
      return (
        inLayers(specifier, importer, nextResolve, layersDir) ??
        inRuntime(specifier, importer, nextResolve, sdkFolders) ??
        refuse(specifier, parentURL, failure)
      );
    },
  });
}

/** Whether the bundle itself has a node_modules folder with the package. */
function isLinked(specifier, parentURL, taskRoot) {
  if (parentURL === undefined) return false;
  const name = packageOf(specifier);
  let folder = path.dirname(fileURLToPath(parentURL));
  while (folder.startsWith(taskRoot)) {
    if (existsSync(path.join(folder, 'node_modules', name))) return true;
    folder = path.dirname(folder);
  }
  return false;
}

function inLayers(specifier, importer, nextResolve, layersDir) {
  if (layersDir === null || !isPackage(specifier)) return undefined;
  const [major] = process.versions.node.split('.');
  for (const folder of [`nodejs/node${major}`, 'nodejs']) {
    const resolved = resolveFrom(path.join(layersDir, folder), specifier, importer, nextResolve);
    if (resolved?.url.startsWith(folderUrl(layersDir))) return resolved;
  }
  return undefined;
}

function inRuntime(specifier, importer, nextResolve, sdkFolders) {
  if (!IN_RUNTIME.test(specifier)) return undefined;
  for (const folder of sdkFolders) {
    const resolved = resolveFrom(folder, specifier, importer, nextResolve);
    if (resolved) return resolved;
  }
  return undefined;
}

/** Resolves a specifier as a module in the folder would. */
function resolveFrom(folder, specifier, importer, nextResolve) {
  const parent = pathToFileURL(path.join(folder, 'module.mjs')).href;
  try {
    if (importer.conditions.includes('import'))
      return nextResolve(specifier, { ...importer, parentURL: parent });
    // The resolution of `require` takes no other parent.
    const url = pathToFileURL(createRequire(parent).resolve(specifier)).href;
    return { url, shortCircuit: true };
  } catch {
    return undefined;
  }
}

function refuse(specifier, parentURL, failure) {
  if (IN_RUNTIME.test(specifier)) {
    const name = packageOf(specifier);
    fail(
      `Cannot find package '${name}' imported from ${parentURL}: Lambda's runtime includes the package, and this machine does not ` +
        `have it. Install it in your project: npm install --save-dev ${name}`,
    );
  }
  if (failure) throw failure;
  fail(`Cannot find package '${specifier}' imported from ${parentURL}: it is not in the bundle`);
}

function fail(message) {
  throw Object.assign(new Error(message), { code: 'ERR_MODULE_NOT_FOUND' });
}

/** Whether a specifier names a package. */
function isPackage(specifier) {
  return /^[^./]/.test(specifier) && !/^[a-z]+:/.test(specifier);
}

function packageOf(specifier) {
  const [scopeOrName, name = ''] = specifier.split('/');
  return scopeOrName.startsWith('@') ? `${scopeOrName}/${name}` : scopeOrName;
}

function folderUrl(folder) {
  return pathToFileURL(folder + path.sep).href;
}
