import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** The packages that `errand dev` needs in the user's project, each with the command that installs it. */
const NEEDED = {
  'errand-local': 'npm i -D errand-local',
  'aws-cdk-lib': 'npm i -D aws-cdk-lib constructs',
  constructs: 'npm i -D aws-cdk-lib constructs',
} as const;

/** The oldest Node version that errand-local supports. */
const LEAST_NODE = 24;

/**
 * Imports the project's installed version of errand-local.
 *
 * @throws Error that says how to install a missing package
 */
export async function importErrandLocal(project: string): Promise<typeof import('errand-local')> {
  const version = Number(process.versions.node.split('.')[0]);
  if (version < LEAST_NODE) {
    throw new Error(
      `errand dev needs Node ${LEAST_NODE} or later, the version of the Lambda functions; this is ${process.version}.`,
    );
  }
  const require = createRequire(path.join(project, 'package.json'));
  const missing = Object.entries(NEEDED).filter(([name]) => !isInstalled(name, require));
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(', ');
    const commands = [...new Set(missing.map(([, command]) => command))].join(' && ');
    throw new Error(`errand dev needs ${names}, which ${project} does not have: ${commands}`);
  }
  return (await import(pathToFileURL(require.resolve('errand-local')).href)) as typeof import('errand-local');
}

function isInstalled(name: string, require: NodeJS.Require): boolean {
  try {
    require.resolve(name);
    return true;
  } catch {
    return false;
  }
}
