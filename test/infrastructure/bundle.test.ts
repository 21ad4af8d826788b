import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { packageRoot, writeBundle } from '../../lib/bundle.ts';
import { bytesOf } from '../../tools/benchmarks/lambda/bundle-bytes.ts';
import { documentedOperations } from '../helpers/openapi.ts';

let folder: string;
const outputs = new Map<string, Metafile['outputs']>();

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-bundle-'));
  for (const source of ['api', 'worker']) outputs.set(source, writeBundle(source, path.join(folder, source)));
});
afterAll(() => rm(folder, { recursive: true }));

describe('the bundle', () => {
  // Measured, and two per cent: docs/decisions/0019-lean-lambdas.md says what the bytes are.
  it.each([
    ['api', 350_000, 506_000],
    ['worker', 253_000, 508_000],
  ])(
    'of the %s reads at most %d bytes at its start, and has at most %d for later',
    (source, atStart, later) => {
      const bytes = bytesOf(outputs.get(source) ?? {});
      expect(bytes.atStart).toBeGreaterThan(100_000);
      expect(bytes.atStart).toBeLessThanOrEqual(atStart);
      expect(bytes.later).toBeLessThanOrEqual(later);
    },
  );

  it.each(['api', 'worker'])('of the %s imports nothing that is not in it', (source) => {
    const files = outputs.get(source) ?? {};
    const missing = Object.entries(files).flatMap(([file, { imports }]) =>
      imports
        .filter(({ external, path: to }) => external && !to.startsWith('node:'))
        .map(({ path: to }) => path.join(path.dirname(file), to))
        .filter((to) => !(to in files)),
    );
    expect(missing).toEqual([]);
  });

  /** What is bundled with no part of it in S3's own files, where it is needed. */
  it.each(['api', 'worker'])('of the %s has nothing that something else stands for', (source) => {
    const bundled = Object.entries(outputs.get(source) ?? {})
      .filter(([file]) => !path.basename(file).startsWith('s3-client'))
      .flatMap(([, { inputs }]) => Object.keys(inputs));
    expect(bundled.some((input) => input.includes('node_modules/@smithy/core/'))).toBe(true);
    const absent =
      /node_modules\/@(smithy\/(node-http-handler|signature-v4|core\/dist-es\/submodules\/(config|checksum))|aws-sdk\/(credential-provider-node|endpoint-cache))\//;
    expect(bundled.filter((input) => absent.test(input))).toEqual([]);
  });

  it('of the api has nothing that only the OpenAPI document needs', async () => {
    const files = outputs.get('api') ?? {};
    const inputs = Object.values(files).flatMap((file) => Object.keys(file.inputs));
    expect(inputs).toContain('lambdas/api/operations/jobs/create-job.ts');
    expect(inputs.filter((input) => input.startsWith('lambdas/api/documents/'))).toEqual([]);
    const code = await Promise.all(
      Object.keys(files).map((file) => readFile(path.join(packageRoot, file), 'utf8')),
    );
    const described = documentedOperations().map(({ operation: { operationId } }) => operationId);
    expect(described.filter((id) => !code.join('').includes(`"${id}"`))).toEqual([]);
    const summaries = documentedOperations().map(({ operation }) => operation.summary);
    expect(summaries.filter((summary) => code.join('').includes(summary))).toEqual([]);
  });

  // Importing these as ES modules reads all that they export: 40 ms of a start for node:http alone.
  it.each(['api', 'worker'])("of the %s takes the slow ones of Node's modules as they are", (source) => {
    const imported = Object.values(outputs.get(source) ?? {}).flatMap(({ imports }) =>
      imports.map((each) => each.path),
    );
    expect(imported).toContain('node:https');
    const slow = ['crypto', 'fs', 'fs/promises', 'http', 'os', 'process'].flatMap((name) => [
      name,
      `node:${name}`,
    ]);
    expect(imported.filter((name) => slow.includes(name))).toEqual([]);
  });

  it('of each function can be written', () => {
    for (const source of ['dead-letter', 'sweeper', 'migrate', 'scheduled', 'authorizer']) {
      expect(Object.keys(writeBundle(source, path.join(folder, source)))).not.toEqual([]);
    }
  });
});
