import { createRequire, registerHooks } from 'node:module';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Packages included in Lambda's Node.js runtimes (https://docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html). */
const IN_RUNTIME = /^@(aws-sdk|smithy)\//;

/**
 * Resolves modules as Lambda does: in the bundle, then in the layers, then in the runtime's AWS SDK. Without these rules, Node would find a
 * package that is missing from the bundle in one of the project's node_modules folders, because these folders are above the task root. In
 * AWS, nothing is above the task root. Packages that the bundle links to, such as packages with native modules, may be outside the bundle,
 * together with everything that they import.
 *
 * @param {{taskRoot: string, layersDir: string | null, sdkFolders: string[]}} folders the bundle's real path, the folder used instead of
 *   `/opt`, and the folders in which to look up the runtime's packages
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

/** Whether the bundle's own node_modules folder contains the package. */
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

/** Resolves a specifier as a module in the given folder would. */
function resolveFrom(folder, specifier, importer, nextResolve) {
  const parent = pathToFileURL(path.join(folder, 'module.mjs')).href;
  try {
    if (importer.conditions.includes('import'))
      return nextResolve(specifier, { ...importer, parentURL: parent });
    // For `require`, `nextResolve` does not accept another parent, so `createRequire` resolves the module instead.
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
