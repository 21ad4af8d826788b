import { join } from 'node:path';
import { readAssets, readJson, readMetadata, readTemplate, type Manifest } from '../template/assembly.ts';
import type { Template } from '../template/template.ts';

/** A stack in a CDK app. */
export interface AppStack {
  /** The stack's construct path, such as `Shop`, or `Prod/Shop` in a stage. */
  readonly path: string;
  readonly stackName: string;
  readonly template: Template;
  /** The paths of asset folders and files, keyed by object key. */
  readonly assets: ReadonlyMap<string, string>;
  /** Each resource's construct path, keyed by logical ID. */
  readonly pathOf: ReadonlyMap<string, string>;
  readonly metadata: readonly ConstructMetadata[];
  /** The account that the app deploys the stack to; undefined if the app does not specify one. */
  readonly account: string | undefined;
  readonly region: string | undefined;
}

/** Metadata that a construct adds to the assembly with `node.addMetadata`. */
export interface ConstructMetadata {
  readonly path: string;
  readonly type: string;
  readonly data: unknown;
}

export interface App {
  readonly stacks: readonly AppStack[];
  /** The keys of AWS context lookups that have no result in `cdk.context.json`. */
  readonly missing: readonly string[];
}

const NO_RESOURCES: Template = { Resources: {} };

/**
 * Reads an app's whole assembly, including its stages' assemblies.
 *
 * @throws TemplateError that names the missing or invalid file
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
      // The template of a stack without resources has no Resources section.
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
