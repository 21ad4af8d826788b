import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Properties } from './properties.ts';

/**
 * Returns the folder with a function's code: the folder of its asset, or a folder with its inline code.
 *
 * @param options.madeCodeDir the folder for code that is not an asset
 */
export function codeFolder(
  code: Properties,
  assets: ReadonlyMap<string, string>,
  { runtime, madeCodeDir }: { readonly runtime: string; readonly madeCodeDir: string },
): string {
  const inline = code.optionalText('ZipFile');
  if (inline === undefined) return assetFolder(code, assets);
  // CloudFormation names the file `index`, and Node.js treats it as a CommonJS module
  // (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-properties-lambda-function-code.html).
  const file = runtime.startsWith('python') ? 'index.py' : 'index.js';
  return made(join(madeCodeDir, `inline-${digestOf(file + inline)}`), (folder) => {
    writeFileSync(join(folder, file), inline);
  });
}

/** Returns an asset's folder. */
export function assetFolder(code: Properties, assets: ReadonlyMap<string, string>): string {
  const folder = assets.get(code.text('S3Key'));
  if (folder === undefined) return code.refuse('S3Key', "is not in the synthesized stack's asset manifest");
  if (!existsSync(folder))
    return code.refuse('S3Key', `has no bundle at ${folder}; synthesize the stack again`);
  if (!statSync(folder).isDirectory())
    return code.refuse(
      'S3Key',
      `is the archive ${folder}: pass the folder with its contents to the CDK instead`,
    );
  return folder;
}

/**
 * Returns a folder with the merged contents of a function's layers. The function uses the folder instead of `/opt`. If two layers contain
 * the same file, the later layer wins, as in Lambda (https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html).
 *
 * @param layers the folders of the stack's layers, keyed by ARN
 */
export function layersFolder(
  properties: Properties,
  layers: ReadonlyMap<string, string>,
  madeCodeDir: string,
): string | undefined {
  const arns = properties.optionalTexts('Layers') ?? [];
  if (arns.length === 0) return undefined;
  const folders = arns.map(
    (arn) =>
      layers.get(arn) ??
      properties.refuse(
        'Layers',
        `names ${arn}, which is not a layer in this stack and can't be downloaded: install its packages in your project, or leave the ` +
          'layer out when the context errand:run-on-host is set',
      ),
  );
  return made(join(madeCodeDir, `layers-${digestOf(folders.join('\n'))}`), (folder) => {
    for (const layer of folders) cpSync(layer, folder, { recursive: true, verbatimSymlinks: true });
  });
}

/** Creates a folder, and lets `write` fill it. An existing folder is kept, because its name is derived from its contents. */
function made(folder: string, write: (folder: string) => void): string {
  if (existsSync(folder)) return folder;
  mkdirSync(join(folder, '..'), { recursive: true });
  // The folder gets its final name only when it is complete.
  const unfinished = mkdtempSync(`${folder}-`);
  write(unfinished);
  renameSync(unfinished, folder);
  return folder;
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
