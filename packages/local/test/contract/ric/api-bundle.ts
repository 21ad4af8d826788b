import path from 'node:path';
import { synthesize } from '../../../../../bin/local-service/synthesize.ts';
import { readAssembly } from '../../../src/template/assembly.ts';
import { PROJECT, synthEnvironment } from '../../../../../test/helpers/stack.ts';
import type { Bundle } from './invoke.ts';

/** Synthesizes the stack, and returns the bundle of the HTTP API's function. */
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
