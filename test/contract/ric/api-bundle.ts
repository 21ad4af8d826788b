import path from 'node:path';
import { synthesize } from '../../../local/synthesize.ts';
import { readAssembly } from '../../../local/template/assembly.ts';
import { PROJECT, synthEnvironment } from '../../helpers/stack.ts';

/** What a runtime is started with. */
export interface Bundle {
  readonly codeDir: string;
  /** Such as `index.handler`. */
  readonly handler: string;
  /** The function's variables; what CloudFormation would fill in stands as it is in the template, as JSON. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Synthesizes the stack, and gives the bundle of the function that answers the HTTP API. */
export async function apiBundle(signal: AbortSignal): Promise<Bundle> {
  const assemblyDir = path.join(PROJECT, 'node_modules/.cache/errand/contract/cdk.out');
  const environment = synthEnvironment({});
  await synthesize({ projectDir: PROJECT, assemblyDir, environment, signal });
  const { template, assets } = await readAssembly(assemblyDir);
  const { Ref: id } = template.Outputs?.ApiFunctionName?.Value as { Ref: string };
  const { Code, Handler, Environment } = template.Resources[id]?.Properties as {
    Code: { S3Key: string };
    Handler: string;
    Environment: { Variables: Record<string, unknown> };
  };
  const codeDir = assets.get(Code.S3Key);
  if (codeDir === undefined) throw new Error(`${id} has no bundle in ${assemblyDir}`);
  const variables = Object.entries(Environment.Variables).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { codeDir, handler: Handler, environment: Object.fromEntries(variables) as Record<string, string> };
}
