import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TemplateError } from './template.ts';
import type { Template } from './template.ts';

/** One synthesized stack: what `cdk synth` wrote. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** The path of an asset's folder or file, by its object key in the bootstrap bucket: a hash of its content. */
  readonly assets: ReadonlyMap<string, string>;
  /** The warnings of the app's constructs (`Annotations.addWarningV2`). */
  readonly warnings: readonly string[];
}

interface Manifest {
  artifacts?: Record<
    string,
    {
      type: string;
      properties?: { templateFile?: string; stackName?: string; file?: string };
      metadata?: Metadata;
      additionalMetadataFile?: string;
    }
  >;
}

/** By the path of the construct. */
type Metadata = Record<string, readonly { type: string; data?: unknown }[]>;

interface AssetManifest {
  files?: Record<string, { source: { path?: string }; destinations: Record<string, { objectKey: string }> }>;
}

/**
 * Reads a cloud assembly with exactly one stack: `manifest.json`, the stack's template, its asset manifest and its warnings.
 *
 * @throws TemplateError that names a file that is missing or is not JSON
 */
export async function readAssembly(assemblyDir: string): Promise<Assembly> {
  const manifest = await readJson<Manifest>(join(assemblyDir, 'manifest.json'));
  const artifacts = Object.entries(manifest.artifacts ?? {});

  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack, ...others] = stacks;
  if (!stack || others.length > 0) {
    const names = stacks.map(([name]) => name).join(', ') || 'none';
    throw new TemplateError(`the embedded cloud runs one stack, and ${assemblyDir} has: ${names}`);
  }
  const [artifactName, { properties, metadata = {}, additionalMetadataFile }] = stack;
  const template = await readJson<Template>(
    join(assemblyDir, properties?.templateFile ?? `${artifactName}.template.json`),
  );

  const assets = new Map<string, string>();
  for (const [, artifact] of artifacts) {
    if (artifact.type !== 'cdk:asset-manifest' || artifact.properties?.file === undefined) continue;
    const { files = {} } = await readJson<AssetManifest>(join(assemblyDir, artifact.properties.file));
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue;
      const path = join(assemblyDir, source.path);
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path);
    }
  }
  // CDK writes the metadata either into the manifest or into a file of its own.
  const further =
    additionalMetadataFile === undefined
      ? {}
      : await readJson<Metadata>(join(assemblyDir, additionalMetadataFile));
  return {
    stackName: properties?.stackName ?? artifactName,
    template,
    assets,
    warnings: [...Object.values(metadata), ...Object.values(further)].flat().flatMap(warningOf),
  };
}

/** The text of a warning, without the id with which CDK users acknowledge it. */
function warningOf({ type, data }: Metadata[string][number]): string[] {
  if (type !== 'aws:cdk:warning' || typeof data !== 'string') return [];
  return [data.replace(/ \[ack: [^\]]*\]$/, '')];
}

async function readJson<Content>(path: string): Promise<Content> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Content;
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new TemplateError(`${path} ${reason}; synthesize the stack again`, { cause: error });
  }
}
