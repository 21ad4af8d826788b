import path from 'node:path';
import { readAssembly } from 'errand-local/template/assembly';
import { synthesize } from '../../../bin/local-service/synthesize.ts';

/** A function as deployed: its bundle and its environment. */
export interface Bundle {
  /** The module that exports `handler`. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** The functions that the benchmarks run. */
export type BundleName = 'api' | 'worker';

const LOGICAL_IDS = { api: 'ErrandApiFunction', worker: 'ErrandWorkerFunction' } as const;

/** Variables that Lambda sets for every function. */
export const FROM_LAMBDA = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'ASIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  // This placeholder is about as long as a role's real session token.
  AWS_SESSION_TOKEN: 'IQoJb3JpZ2luX2VjE'.padEnd(700, 'x'),
  AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
};

/** Synthesizes a version's stack into `assemblyDir`, with default settings, and locates the function bundles. */
export async function synthesizeBundles(
  projectDir: string,
  assemblyDir: string,
  signal: AbortSignal,
): Promise<Record<BundleName, Bundle>> {
  await synthesize({
    projectDir,
    assemblyDir,
    // Skips the CDK's template validation, because it takes time and does not affect the bundles.
    environment: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      AUTH: 'api-key',
      CDK_VALIDATION: 'false',
    },
    signal,
  });
  const { template, assets } = await readAssembly(assemblyDir);
  const find = (name: BundleName): Bundle => {
    const [, resource] =
      Object.entries(template.Resources).find(
        ([id, { Type }]) => Type === 'AWS::Lambda::Function' && id.startsWith(LOGICAL_IDS[name]),
      ) ?? [];
    const { Code, Environment } = (resource?.Properties ?? {}) as {
      Code?: { S3Key: string };
      Environment?: { Variables: Record<string, unknown> };
    };
    const folder = assets.get(Code?.S3Key ?? '');
    if (folder === undefined)
      throw new Error(
        `The synthesized stack has no function whose logical id begins with ${LOGICAL_IDS[name]}.`,
      );
    const variables = Object.entries(Environment?.Variables ?? {}).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : `deployed-${key.toLowerCase()}`,
    ]);
    return {
      entry: path.join(folder, 'index.mjs'),
      environment: { ...(Object.fromEntries(variables) as Record<string, string>), ...FROM_LAMBDA },
    };
  };
  return { api: find('api'), worker: find('worker') };
}
