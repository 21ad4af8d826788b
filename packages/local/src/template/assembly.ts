import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObject, TemplateError } from './template.ts';
import type { Template } from './template.ts';

/** A synthesized stack: the output of `cdk synth`. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** The paths of asset folders and files, keyed by their object key in the bootstrap bucket. An object key is a hash of the content. */
  readonly assets: ReadonlyMap<string, string>;
  /** Warnings from the app's constructs (`Annotations.addWarningV2`). */
  readonly warnings: readonly string[];
  /** The Lambda concurrency quota that the template sets; undefined if it sets none. */
  readonly accountConcurrency: number | undefined;
}

/** An entry of `manifest.json`. */
export interface Artifact {
  readonly type: string;
  readonly displayName?: string;
  /** For example, `aws://123456789012/eu-central-1`. */
  readonly environment?: string;
  readonly properties?: {
    readonly templateFile?: string;
    readonly stackName?: string;
    readonly file?: string;
    readonly directoryName?: string;
  };
  readonly metadata?: Metadata;
  readonly additionalMetadataFile?: string;
}

export interface Manifest {
  readonly artifacts?: Readonly<Record<string, Artifact>>;
  /** Context values that must still be looked up in AWS. */
  readonly missing?: readonly { readonly key: string; readonly provider: string }[];
}

/** The constructs' metadata, keyed by construct path. */
export type Metadata = Readonly<Record<string, readonly { type: string; data?: unknown }[]>>;

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
    throw new TemplateError(`the embedded cloud runs only one stack, but ${assemblyDir} has: ${names}`);
  }
  const [artifactName, artifact] = stack;
  const template = await readTemplate(assemblyDir, artifactName, artifact);
  return {
    stackName: artifact.properties?.stackName ?? artifactName,
    template,
    accountConcurrency: accountConcurrencyIn(template),
    assets: await readAssets(assemblyDir, manifest),
    warnings: Object.values(await readMetadata(assemblyDir, artifact))
      .flat()
      .flatMap(warningOf),
  };
}

/**
 * Reads the Lambda concurrency quota from `Metadata: { "errand-local": { "accountConcurrency": 10 } }`.
 *
 * @throws TemplateError if the quota is not a number
 */
function accountConcurrencyIn({ Metadata = {} }: Template): number | undefined {
  const ours = Metadata['errand-local'];
  if (!isObject(ours) || ours.accountConcurrency === undefined) return undefined;
  if (typeof ours.accountConcurrency === 'number') return ours.accountConcurrency;
  throw new TemplateError("accountConcurrency in the template's Metadata must be a number");
}

/** Reads a stack's template. @throws TemplateError */
export async function readTemplate(
  assemblyDir: string,
  artifactName: string,
  { properties }: Artifact,
): Promise<Template> {
  return readJson<Template>(join(assemblyDir, properties?.templateFile ?? `${artifactName}.template.json`));
}

/**
 * Reads the metadata of a stack's constructs, which the CDK writes to the manifest or to a separate file. @throws TemplateError
 */
export async function readMetadata(
  assemblyDir: string,
  { metadata = {}, additionalMetadataFile }: Artifact,
): Promise<Metadata> {
  if (additionalMetadataFile === undefined) return metadata;
  return { ...metadata, ...(await readJson<Metadata>(join(assemblyDir, additionalMetadataFile))) };
}

/** Reads the paths of an assembly's assets, keyed by object key. @throws TemplateError */
export async function readAssets(
  assemblyDir: string,
  { artifacts = {} }: Manifest,
): Promise<Map<string, string>> {
  const assets = new Map<string, string>();
  for (const { type, properties } of Object.values(artifacts)) {
    if (type !== 'cdk:asset-manifest' || properties?.file === undefined) continue;
    const { files = {} } = await readJson<AssetManifest>(join(assemblyDir, properties.file));
    for (const { source, destinations } of Object.values(files)) {
      if (source.path === undefined) continue;
      const path = join(assemblyDir, source.path);
      for (const { objectKey } of Object.values(destinations)) assets.set(objectKey, path);
    }
  }
  return assets;
}

/** Returns a warning's text, or an empty list for other metadata. Drops the ID, which CDK users need only to acknowledge the warning. */
export function warningOf({ type, data }: Metadata[string][number]): string[] {
  if (type !== 'aws:cdk:warning' || typeof data !== 'string') return [];
  return [data.replace(/ \[ack: [^[\]]*\]$/, '')];
}

/** @throws TemplateError that names a file that is missing or is not JSON */
export async function readJson<Content>(path: string): Promise<Content> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Content;
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'is not JSON' : 'cannot be read';
    throw new TemplateError(`${path} ${reason}; synthesize the stack again`, { cause: error });
  }
}
