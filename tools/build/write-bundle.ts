import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { mergeStart } from './merge-start.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/**
 * Modules that are bundled separately, by their import names (package.json, "imports").
 *
 * `#s3-client`: if it were in the same bundle, any module that S3's client shares with the rest would be loaded in full at startup. A cold start
 * would then read 70 KB more (docs/decisions/0019-lean-lambdas.md).
 * `#job-types`: a stack with a jobs file replaces this module (lib/jobs/job-types-module.ts).
 */
const SEPARATE = [
  { name: '#s3-client', source: 'lambdas/adapters/s3/client.ts', file: 's3-client' },
  { name: '#job-types', source: 'lambdas/job/user-job-types.ts', file: 'job-types' },
];

/**
 * A replacement for modules that the SDK's clients import but Errand never calls. The replacement throws if it is called
 * (docs/decisions/0019-lean-lambdas.md).
 */
const ABSENT = './lambdas/adapters/aws/absent.ts';

/**
 * Modules to leave out of every bundle. If they were included, esbuild would also add seven credential providers, and clients for the services
 * that some providers call.
 */
const ABSENT_MODULES = {
  '@aws-sdk/credential-provider-node': ABSENT,
  '@aws-sdk/endpoint-cache': ABSENT,
};

/** Modules to leave out of all bundles except S3's, because every client in these bundles uses Errand's HTTP handler and signer. */
const ABSENT_WITH_OWN_HANDLER = {
  ...ABSENT_MODULES,
  '@smithy/core/checksum': ABSENT,
  '@smithy/core/config': ABSENT,
  '@smithy/node-http-handler': ABSENT,
  '@smithy/signature-v4': ABSENT,
};

/** Node modules that are slow to import as ES modules, and their replacements in the bundle (lambdas/built-in/http.ts). */
const BUILT_IN = Object.fromEntries(
  [
    'async_hooks',
    'crypto',
    'dns/promises',
    'fs',
    'fs/promises',
    'http',
    'net',
    'os',
    'process',
    'stream',
    'timers',
    'timers/promises',
  ].map((name) => [`node:${name}`, `./lambdas/built-in/${name.replace('/', '-')}.ts`]),
);

/** Defines the `require` that esbuild's code for CommonJS packages calls to load Node's modules. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

const OPTIONS = {
  absWorkingDir: PROJECT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // With splitting, code behind dynamic imports is read and compiled on demand.
  splitting: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // Removes code that only the OpenAPI document needs (lambdas/api/operation.ts).
  define: { 'import.meta.bundled': 'true' },
  // Prefers a package's ES modules: they need no `require`, and tree shaking makes them a fifth smaller.
  mainFields: ['module', 'main'],
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/** esbuild's metadata for a bundle's files, keyed by file name. */
export type BundleAccount = Metafile['outputs'];

/**
 * Bundles `lambdas/<source>/handler.ts` with everything that it imports, including the SDK, into `index.mjs`, `start.mjs`, and further
 * files that are imported on demand.
 */
export function writeBundle(source: string, outputDir: string): BundleAccount {
  const { outputs } = buildSync({
    ...OPTIONS,
    entryPoints: { index: path.join('lambdas', source, 'handler.ts') },
    outdir: outputDir,
    // All files are in one folder, so that a separate module has the same relative path from every file.
    chunkNames: '[name]-[hash]',
    alias: {
      ...ABSENT_WITH_OWN_HANDLER,
      ...BUILT_IN,
      ...Object.fromEntries(SEPARATE.map(({ name, file }) => [name, `./${file}.mjs`])),
    },
    external: SEPARATE.map(({ file }) => `./${file}.mjs`),
  }).metafile;
  const merged = mergeStart(
    outputDir,
    byFileName(outputs),
    SEPARATE.map(({ file }) => `${file}.mjs`),
  );
  const imported = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map((each) => each.path)));
  const separate = SEPARATE.filter(({ file }) => imported.has(`./${file}.mjs`)).map(
    ({ file, source: entry }) =>
      buildSync({
        ...OPTIONS,
        entryPoints: { [file]: entry },
        alias: { ...ABSENT_MODULES, ...BUILT_IN },
        outdir: outputDir,
        chunkNames: `${file}-[name]-[hash]`,
      }).metafile.outputs,
  );
  const files = byFileName(Object.assign({}, merged, ...separate) as BundleAccount);
  for (const file of Object.keys(files)) defineRequire(path.join(outputDir, file));
  return files;
}

/**
 * Replaces the paths in esbuild's metadata with file names. The paths are relative to the project's root, and would be wrong after the folder is
 * moved.
 */
function byFileName(outputs: BundleAccount): BundleAccount {
  return Object.fromEntries(
    Object.entries(outputs).map(([file, output]) => {
      const imports = output.imports.map((each) =>
        each.external && !each.path.startsWith('.') ? each : { ...each, path: path.basename(each.path) },
      );
      return [path.basename(file), { ...output, imports }];
    }),
  );
}

/** Defines `require` in a file that calls it. Other files skip the definition, because `createRequire` takes time. */
function defineRequire(file: string): void {
  const code = readFileSync(file, 'utf8');
  if (code.includes('typeof require')) writeFileSync(file, REQUIRE + code);
}
