import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type Metafile } from 'esbuild';

type Outputs = Metafile['outputs'];

const ENTRY = 'index.mjs';

/** The file that contains the merged chunks. */
const START = 'start.mjs';

/**
 * Merges the chunks that `index.mjs` loads at startup into one file, `start.mjs`. With `splitting`, esbuild writes a separate chunk for
 * each set of entry points that share modules. Each additional file slows down a cold start (docs/decisions/0095-merged-start.md). `index.mjs` stays
 * separate, so that no file that is loaded later imports it. Such an import could cause a deadlock, because `index.mjs` may be waiting
 * for the same file in a top-level `await`.
 *
 * @param outputs esbuild's metadata for the files, by name in the folder
 * @param others files in the folder that esbuild did not write
 * @returns the metadata after the merge
 */
export function mergeStart(folder: string, outputs: Outputs, others: readonly string[]): Outputs {
  const chunks = chunksAtStart(outputs);
  if (chunks.length < 2) return outputs;
  const remaining = Object.keys(outputs).filter((file) => !chunks.includes(file));

  const apart = path.join(folder, 'unmerged');
  mkdirSync(apart);
  for (const file of Object.keys(outputs)) renameSync(path.join(folder, file), path.join(apart, file));
  const names = exportsInStart(chunks, outputs);
  const write = (file: string, code: string): void => {
    writeFileSync(path.join(apart, file), code);
  };
  const external = [...remaining, ...others].map((file) => `./${file}`);

  write(START, chunks.map((chunk) => reexport(names.get(chunk) ?? [], `./${chunk}`)).join('\n'));
  const start = rebundle([START], apart, folder, external);
  // From now on, each chunk only re-exports names from the merged file. The second bundling includes these re-exports in the files that
  // import the chunk.
  for (const chunk of chunks) write(chunk, reexport((names.get(chunk) ?? []).map(swap), `./${START}`));
  const rest = rebundle(remaining, apart, folder, [...external, `./${START}`]);
  rmSync(apart, { recursive: true });

  const inputs = Object.assign({}, ...chunks.map((chunk) => outputs[chunk]?.inputs)) as Inputs;
  return {
    ...withInputs(start, () => inputs),
    ...withInputs(rest, (file) => outputs[file]?.inputs ?? {}),
  };
}

type Inputs = Outputs[string]['inputs'];

/** Returns the files that `index.mjs` imports statically, directly or indirectly. */
function chunksAtStart(outputs: Outputs): string[] {
  const found = new Set<string>();
  const pending = [ENTRY];
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    for (const { path: to, kind, external } of outputs[file]?.imports ?? []) {
      if (kind !== 'import-statement' || external || found.has(to)) continue;
      found.add(to);
      pending.push(to);
    }
  }
  return [...found];
}

/** An export's old and new names. */
type Renamed = readonly [from: string, to: string];

function swap([from, to]: Renamed): Renamed {
  return [to, from];
}

/** Gives each export of the chunks a unique name in the merged file. */
function exportsInStart(
  chunks: readonly string[],
  outputs: Outputs,
): ReadonlyMap<string, readonly Renamed[]> {
  let count = 0;
  return new Map(
    chunks.map((chunk) => [
      chunk,
      (outputs[chunk]?.exports ?? []).map((name): Renamed => [name, `_${(count++).toString(36)}`]),
    ]),
  );
}

function reexport(names: readonly Renamed[], file: string): string {
  return `export {${names.map(([from, to]) => `${from} as ${to}`).join(', ')}} from '${file}';`;
}

/** Bundles each file again, together with its static imports from the same folder. */
function rebundle(files: readonly string[], from: string, to: string, external: string[]): Outputs {
  return buildSync({
    absWorkingDir: from,
    entryPoints: [...files],
    outdir: to,
    outExtension: { '.js': '.mjs' },
    external,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    metafile: true,
    logLevel: 'warning',
  }).metafile.outputs;
}

/** Restores each output's list of sources, which esbuild loses when it bundles the files a second time. */
function withInputs(outputs: Outputs, inputsOf: (file: string) => Inputs): Outputs {
  return Object.fromEntries(
    Object.entries(outputs).map(([file, output]) => [
      file,
      { ...output, inputs: inputsOf(path.basename(file)) },
    ]),
  );
}
