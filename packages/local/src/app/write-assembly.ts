import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ConstructAssembly } from './construct-assembly.ts';

/** Writes a cloud assembly with one stack, without copying its assets. */
export async function writeAssembly(assembly: ConstructAssembly, folder: string): Promise<void> {
  const { stackName, template, assets, warnings } = assembly;
  const [templateFile, assetFile] = [`${stackName}.template.json`, `${stackName}.assets.json`];
  const warned = warnings.map((data) => ({ type: 'aws:cdk:warning', data }));
  const files = [...assets].map(
    ([objectKey, path]) =>
      [objectKey, { source: { path: relative(folder, path) }, destinations: { '': { objectKey } } }] as const,
  );
  const contents = {
    [templateFile]: template,
    [assetFile]: { files: Object.fromEntries(files) },
    'manifest.json': {
      artifacts: {
        [`${stackName}.assets`]: { type: 'cdk:asset-manifest', properties: { file: assetFile } },
        [stackName]: {
          type: 'aws:cloudformation:stack',
          properties: { templateFile, stackName },
          metadata: { [`/${stackName}`]: warned },
        },
      },
    },
  };
  await mkdir(folder, { recursive: true });
  for (const [name, content] of Object.entries(contents))
    await writeFile(join(folder, name), JSON.stringify(content));
}
