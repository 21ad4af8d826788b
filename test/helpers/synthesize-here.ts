import { closeTree } from 'errand-local/data-folder/private-folder';
import { LOCAL_CONTEXT } from '../../bin/local-service/start-settings.ts';

/**
 * Synthesizes a stack as `bin/errand.ts` does, but in this process. In a separate process, a CDK app would take a second of CPU time, mostly to load
 * the CDK. In this process, a Jest worker's test files load the CDK only once.
 *
 * @param environment the stack's settings, as environment variables
 * @param assemblyDir the folder for the cloud assembly
 */
export async function synthesizeHere(environment: NodeJS.ProcessEnv, assemblyDir: string): Promise<void> {
  // These imports are dynamic, because few test files need the CDK.
  const { App } = await import('aws-cdk-lib/core');
  const { default: cdk } = await import('../../cdk.json', { with: { type: 'json' } });
  const { ErrandStack } = await import('../../lib/errand-stack.ts');
  const { readSettings } = await import('../../lib/settings/read-settings.ts');
  const context = { ...cdk.context, ...LOCAL_CONTEXT };
  const settings = readSettings(environment, context);
  withoutMessages(() => {
    const app = new App({ context, outdir: assemblyDir, treeMetadata: false });
    new ErrandStack(app, settings.stackName, settings);
    app.synth();
  });
  // The CDK makes the bundles' folders readable by every user, so those permissions are removed.
  await closeTree(assemblyDir);
}

/** Runs a synchronous function without the CDK's messages, such as "Bundling asset …". */
function withoutMessages(work: () => void): void {
  const { stderr } = process;
  const replaced = Object.getOwnPropertyDescriptor(stderr, 'write');
  stderr.write = () => true;
  try {
    work();
  } finally {
    Reflect.deleteProperty(stderr, 'write');
    if (replaced) Object.defineProperty(stderr, 'write', replaced);
  }
}
