import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Metafile } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { writeBundle } from '../../lib/bundle.ts';
import { bytesOf } from './bundle-bytes.ts';

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
    ['api', 363_000, 482_000],
    ['worker', 277_000, 504_000],
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
});
