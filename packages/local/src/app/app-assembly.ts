import { join } from 'node:path';
import { readAssets, readJson, readMetadata, readTemplate, type Manifest } from '../template/assembly.ts';
import type { Template } from '../template/template.ts';

/** One stack of a CDK app. */
export interface AppStack {
  /** The path of its construct, such as `Shop` or, in a stage, `Prod/Shop`. */
  readonly path: string;
  readonly stackName: string;
  readonly template: Template;
  /** The path of each asset's folder or file, by its object key. */
  readonly assets: ReadonlyMap<string, string>;
  /** The construct paths of the resources, by their logical ids. */
  readonly pathOf: ReadonlyMap<string, string>;
  readonly metadata: readonly ConstructMetadata[];
  /** The account to which the app deploys the stack; undefined if the app leaves it open. */
  readonly account: string | undefined;
  readonly region: string | undefined;
}

/** Metadata that a construct wrote into the assembly with `node.addMetadata`. */
export interface ConstructMetadata {
  readonly path: string;
  readonly type: string;
  readonly data: unknown;
}

export interface App {
  readonly stacks: readonly AppStack[];
  /** The keys of the lookups in AWS whose results `cdk.context.json` lacks. */
  readonly missing: readonly string[];
}

const NO_RESOURCES: Template = { Resources: {} };

/**
 * Reads the assembly of a whole app, with the assemblies of its stages.
 *
 * @throws TemplateError that names a file that is missing or is not JSON
 */
export async function readApp(assemblyDir: string): Promise<App> {
  const manifest = await readJson<Manifest>(join(assemblyDir, 'manifest.json'));
  const assets = await readAssets(assemblyDir, manifest);
  const stacks: AppStack[] = [];
  const missing = (manifest.missing ?? []).map(({ key }) => key);
  for (const [name, artifact] of Object.entries(manifest.artifacts ?? {})) {
    if (artifact.type === 'cdk:cloud-assembly') {
      const stage = await readApp(join(assemblyDir, artifact.properties?.directoryName ?? name));
      stacks.push(...stage.stacks);
      missing.push(...stage.missing);
    }
    if (artifact.type !== 'aws:cloudformation:stack') continue;
    const entries = Object.entries(await readMetadata(assemblyDir, artifact)).flatMap(([path, written]) =>
      written.map(({ type, data }) => ({ path: path.replace(/^\//, ''), type, data })),
    );
    const [, account, region] = /^aws:\/\/([^/]+)\/(.+)$/.exec(artifact.environment ?? '') ?? [];
    stacks.push({
      path: artifact.displayName ?? name,
      stackName: artifact.properties?.stackName ?? name,
      // A stack without resources has no section for them.
      template: { ...NO_RESOURCES, ...(await readTemplate(assemblyDir, name, artifact)) },
      assets,
      pathOf: new Map(
        entries.flatMap(({ path, type, data }) =>
          type === 'aws:cdk:logicalId' && typeof data === 'string' ? [[data, path] as const] : [],
        ),
      ),
      metadata: entries,
      account: account === 'unknown-account' ? undefined : account,
      region: region === 'unknown-region' ? undefined : region,
    });
  }
  return { stacks, missing: [...new Set(missing)] };
}
