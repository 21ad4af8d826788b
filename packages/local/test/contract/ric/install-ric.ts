import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../../../../../test/helpers/commands.ts';
import { PROJECT } from '../../../../../test/helpers/stack.ts';
import { needPackages } from '../../../../../test/helpers/system-packages.ts';

const VERSION = '4.0.2';

/** The version of the Node-API headers, which work with every version of Node. */
const HEADERS_VERSION = '1.9.0';

/** The packages that provide the commands used in the client's install scripts. */
const BUILD_TOOLS = ['g++', 'make', 'cmake', 'xz-utils', 'python3'];

/**
 * Installs AWS's runtime interface client for Node under `node_modules/.cache`, unless an earlier run has already installed it. The client
 * calls the Runtime API through a native module, which is compiled from source. The compilation takes 90 seconds on two cores.
 *
 * @returns the path of the client's main file
 * @throws Error if the machine has no compiler, or the compilation fails
 */
export async function installRic(signal: AbortSignal): Promise<string> {
  const folder = path.join(PROJECT, 'node_modules/.cache/errand', `aws-lambda-ric-${VERSION}`);
  const main = path.join(folder, 'node_modules/aws-lambda-ric/index.mjs');
  // The marker file is written last, so an interrupted installation never counts as complete.
  const whole = path.join(folder, 'whole');
  if ((await readFile(whole, 'utf8').catch(() => undefined)) === main) return main;

  const name = `aws-lambda-ric ${VERSION}`;
  await needPackages(name, BUILD_TOOLS);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const manifest = { private: true, allowScripts: { 'aws-lambda-ric': true } };
  await writeFile(path.join(folder, 'package.json'), JSON.stringify(manifest));
  const install = (requirement: string, environment: NodeJS.ProcessEnv) =>
    run('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', requirement], environment, signal);
  try {
    await install(`node-api-headers@${HEADERS_VERSION}`, process.env);
    const npm_config_nodedir = await nodeFolder(folder);
    // These flags halve the compile time. The speed of the compiled code does not matter here.
    const flags = { CFLAGS: '-O0', CXXFLAGS: '-O0' };
    await install(`aws-lambda-ric@${VERSION}`, { ...process.env, ...flags, npm_config_nodedir });
  } catch (cause) {
    throw new Error(`${name} could not be installed and compiled: ${String(cause)}`, { cause });
  }
  await writeFile(whole, main);
  return main;
}

/**
 * Creates a replacement for the Node sources that node-gyp would download from nodejs.org. A Node-API addon needs only the headers, which are
 * available from npm.
 */
async function nodeFolder(folder: string): Promise<string> {
  const nodeDir = path.join(folder, 'node');
  const include = path.join(nodeDir, 'include/node');
  await cp(path.join(folder, 'node_modules/node-api-headers/include'), include, { recursive: true });
  const settings = {
    target_defaults: {
      default_configuration: 'Release',
      configurations: { Release: {} },
      cflags_cc: ['-std=gnu++17'],
    },
  };
  await writeFile(path.join(include, 'common.gypi'), JSON.stringify(settings));
  // The client includes these headers, but uses nothing from them, because it is written for Node-API. Empty files are enough.
  for (const unused of ['uv.h', 'v8.h', 'node.h']) await writeFile(path.join(include, unused), '');
  return nodeDir;
}
