import path from 'node:path';
import { buildSync, type BuildOptions, type Metafile } from 'esbuild';
import { mergeStart } from './merge-start.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

/**
 * Modules that are bundled separately, by the names under which they are imported (package.json, "imports").
 *
 * `#s3-client`: in one bundle with the rest, every module that both use would be loaded at start with everything that either
 * uses of it; S3's client made a cold start read 70 KB more (docs/decisions/0019-lean-lambdas.md).
 * `#job-types`: a stack with a jobs file replaces it (lib/jobs/job-types-module.ts).
 */
const SEPARATE = [
  { name: '#s3-client', source: 'lambdas/adapters/s3/client.ts', file: 's3-client' },
  { name: '#job-types', source: 'lambdas/job/user-job-types.ts', file: 'job-types' },
];

/** Throws in place of code that the SDK's clients import and Errand never calls (docs/decisions/0019-lean-lambdas.md). */
const ABSENT = './lambdas/adapters/aws/absent.ts';

/** Absent everywhere: esbuild would otherwise bundle seven credential providers, and the services that some of them call. */
const ABSENT_MODULES = {
  '@aws-sdk/credential-provider-node': ABSENT,
  '@aws-sdk/endpoint-cache': ABSENT,
};

/** Not bundled if every client has our HTTP handler and our signer, which is everywhere except in S3's bundle. */
const ABSENT_WITH_OWN_HANDLER = {
  ...ABSENT_MODULES,
  '@smithy/core/checksum': ABSENT,
  '@smithy/core/config': ABSENT,
  '@smithy/node-http-handler': ABSENT,
  '@smithy/signature-v4': ABSENT,
};

/** Modules of Node's that take long to import as ES modules, and what is bundled in their place (lambdas/built-in/http.ts). */
const BUILT_IN = Object.fromEntries(
  ['crypto', 'fs', 'fs/promises', 'http', 'os', 'process'].map((name) => [
    `node:${name}`,
    `./lambdas/built-in/${name.replace('/', '-')}.ts`,
  ]),
);

const OPTIONS = {
  absWorkingDir: PROJECT,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  // Dynamic imports are read and compiled on demand.
  splitting: true,
  minify: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  // CommonJS packages, of which there is one, ask for Node's modules with it.
  banner: {
    js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
  },
  // Leaves out what only the OpenAPI document needs (lambdas/api/operation.ts).
  define: { 'import.meta.bundled': 'true' },
  // ES modules where a package has them: they shake to four fifths of the size and need no `require`.
  mainFields: ['module', 'main'],
  metafile: true,
  logLevel: 'warning',
} satisfies BuildOptions;

/** esbuild's account of the files of one bundle, by their names in its folder. */
export type BundleAccount = Metafile['outputs'];

/**
 * Writes the bundle of `lambdas/<source>/handler.ts` with everything that it imports, the SDK included:
 * `index.mjs`, `start.mjs`, and next to them the files that are imported on demand.
 */
export function writeBundle(source: string, outputDir: string): BundleAccount {
  const { outputs } = buildSync({
    ...OPTIONS,
    entryPoints: { index: path.join('lambdas', source, 'handler.ts') },
    outdir: outputDir,
    // All in one folder: the path of a separate module is then the same from everywhere.
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
  return byFileName(Object.assign({}, merged, ...separate) as BundleAccount);
}

/** esbuild names files from the root of the project, which says nothing once the folder has been moved. */
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
