import { beforeAll, describe, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib/core';
import { Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Metafile } from 'esbuild';
import { writeFileSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readAssembly } from 'errand-local/template/assembly';
import { buildFolder, builtFunction } from '../../lib/built-functions.ts';
import { bundle } from '../../lib/bundle.ts';
import { bytesOf } from '../../tools/benchmarks/lambda/bundle-bytes.ts';
import { documentedOperations } from '../helpers/openapi.ts';

const outputs = new Map<string, Metafile['outputs']>();

beforeAll(async () => {
  for (const source of ['api', 'worker']) {
    const account = path.join(buildFolder(), 'accounts', `${source}.json`);
    outputs.set(source, JSON.parse(await readFile(account, 'utf8')) as Metafile['outputs']);
  }
});

describe('the bundle', () => {
  // Each limit is the measured size plus two percent. docs/decisions/0019-lean-lambdas.md explains the sizes.
  it.each([
    ['api', 401_000, 601_000],
    ['worker', 298_000, 702_000],
  ])('of the %s reads at most %d bytes when it starts, and at most %d later', (source, atStart, later) => {
    const bytes = bytesOf(outputs.get(source) ?? {});
    expect(bytes.atStart).toBeGreaterThan(100_000);
    expect(bytes.atStart).toBeLessThanOrEqual(atStart);
    expect(bytes.later).toBeLessThanOrEqual(later);
  });

  it.each(['api', 'worker'])(
    'of the %s reads two files when it starts, not counting the job types',
    (source) => {
      const files = outputs.get(source) ?? {};
      const read = atStart(files).filter((file) => file !== 'job-types.mjs');
      expect(read.toSorted()).toEqual(['index.mjs', 'start.mjs']);
      expect(Object.values(files).flatMap((file) => imported(file))).not.toContain('index.mjs');
    },
  );

  it.each(['api', 'worker'])('of the %s contains no module twice', (source) => {
    // The S3 client's files are excluded. The client is bundled separately, because it shares no state with the rest.
    const files = Object.entries(outputs.get(source) ?? {}).filter(([file]) => !file.startsWith('s3-client'));
    const modules = files.flatMap(([, { inputs }]) => Object.keys(inputs));
    expect(modules.length).toBeGreaterThan(100);
    expect(modules.filter((module, index) => modules.indexOf(module) !== index)).toEqual([]);
  });

  it.each(['api', 'worker'])('of the %s imports only its own files', (source) => {
    const files = outputs.get(source) ?? {};
    const missing = Object.entries(files).flatMap(([file, { imports }]) =>
      imports
        .filter(({ external, path: to }) => external && !to.startsWith('node:'))
        .map(({ path: to }) => path.join(path.dirname(file), to))
        .filter((to) => !(to in files)),
    );
    expect(missing).toEqual([]);
  });

  /** Only the S3 client's files may contain these modules. */
  it.each(['api', 'worker'])('of the %s contains no replaced modules', (source) => {
    const bundled = Object.entries(outputs.get(source) ?? {})
      .filter(([file]) => !path.basename(file).startsWith('s3-client'))
      .flatMap(([, { inputs }]) => Object.keys(inputs));
    expect(bundled.some((input) => input.includes('node_modules/@smithy/core/'))).toBe(true);
    const absent =
      /node_modules\/@(smithy\/(node-http-handler|signature-v4|core\/dist-es\/submodules\/(config|checksum))|aws-sdk\/(credential-provider-node|endpoint-cache))\//;
    expect(bundled.filter((input) => absent.test(input))).toEqual([]);
  });

  it('of the api contains nothing that only the OpenAPI document needs', async () => {
    const files = outputs.get('api') ?? {};
    const inputs = Object.values(files).flatMap((file) => Object.keys(file.inputs));
    expect(inputs).toContain('lambdas/api/operations/jobs/create-job.ts');
    expect(inputs.filter((input) => input.startsWith('lambdas/api/documents/'))).toEqual([]);
    const code = await Promise.all(
      Object.keys(files).map((file) => readFile(path.join(builtFunction('api'), file), 'utf8')),
    );
    const described = documentedOperations().map(({ operation: { operationId } }) => operationId);
    expect(described.filter((id) => !code.join('').includes(`"${id}"`))).toEqual([]);
    const summaries = documentedOperations().map(({ operation }) => operation.summary);
    expect(summaries.filter((summary) => code.join('').includes(summary))).toEqual([]);
  });

  // An ES import of a Node module reads all the module's exports at startup. Reading those of node:http takes 40 ms.
  it.each(['api', 'worker'])("of the %s imports none of Node's slow modules", (source) => {
    const files = outputs.get(source) ?? {};
    const fromNode = (names: readonly string[]): string[] =>
      names
        .flatMap((name) => (files[name]?.imports ?? []).map((each) => each.path))
        .filter((each) => each.startsWith('node:'));
    expect(fromNode(['index.mjs', 'start.mjs'])).toEqual([]);
    expect(fromNode(Object.keys(files))).toContain('node:util');
    const slow = ['crypto', 'fs', 'fs/promises', 'http', 'os', 'process'].map((name) => `node:${name}`);
    expect(fromNode(Object.keys(files)).filter((name) => slow.includes(name))).toEqual([]);
  });

  it.each(['api', 'worker'])('of the %s defines `require` at most once at startup', async (source) => {
    const codes = await Promise.all(
      ['index.mjs', 'start.mjs'].map((file) =>
        readFile(path.join(builtFunction(source as 'api'), file), 'utf8'),
      ),
    );
    expect(codes.join('').split('createRequire as').length - 1).toBeLessThanOrEqual(1);
  });

  it.each([
    'dead-letter',
    'sweeper',
    'migrate',
    'preflight',
    'kept-versions',
    'scheduled',
    'authorizer',
  ] as const)('of the %s is built', async (source) => {
    expect(await readFile(path.join(builtFunction(source), 'index.mjs'), 'utf8')).not.toBe('');
  });
});

it('two functions with the same source each have their own additional code', async () => {
  const outdir = await mkdtemp(path.join(os.tmpdir(), 'errand-added-'));
  const app = new App({ outdir });
  const stack = new Stack(app, 'Test');
  for (const id of ['First', 'Second']) {
    const code = bundle('sweeper', [], (folder) => {
      writeFileSync(path.join(folder, 'added.txt'), id);
    });
    new Function(stack, id, { code, handler: 'index.handler', runtime: Runtime.NODEJS_24_X });
  }
  app.synth();

  const { template, assets } = await readAssembly(outdir);
  const functions = Object.entries(template.Resources).filter(
    ([, { Type }]) => Type === 'AWS::Lambda::Function',
  );
  const added = functions.map(async ([id, { Properties }]) => {
    const { S3Key } = Properties?.Code as { S3Key: string };
    return [id.slice(0, 5), await readFile(path.join(assets.get(S3Key) ?? '', 'added.txt'), 'utf8')];
  });
  expect(await Promise.all(added)).toEqual([
    ['First', 'First'],
    ['Secon', 'Second'],
  ]);
  await rm(outdir, { recursive: true });
});

/** Returns the files that are loaded together with `index.mjs`. */
function atStart(files: Metafile['outputs'], file = 'index.mjs', found: readonly string[] = []): string[] {
  if (found.includes(file)) return [...found];
  const output = files[file];
  if (!output) throw new Error(`${file} is not in the bundle.`);
  return imported(output, 'import-statement').reduce(
    (known, each) => atStart(files, each, known),
    [...found, file],
  );
}

/** Returns the files in the bundle that a file imports. */
function imported({ imports }: Metafile['outputs'][string], kind?: string): string[] {
  return imports
    .filter((each) => each.path.endsWith('.mjs') && (kind === undefined || each.kind === kind))
    .map((each) => path.basename(each.path));
}
