import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';
import { writePayloadValidators } from '../../../lib/jobs/payload-validators.ts';
import { catalogueOf } from './jobs-file.ts';

interface Validator {
  (payload: unknown): boolean;
  errors?: { instancePath: string; message: string }[] | null;
}

let folder: string;
let validators: Readonly<Record<string, Validator>>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'errand-validators-'));
  const file = path.join(folder, 'validators.mjs');
  writePayloadValidators(await catalogueOf('images'), 'images.ts', file);
  ({ validators } = (await import(pathToFileURL(file).href)) as { validators: typeof validators });
});

describe('the compiled validators', () => {
  it.each([
    ['resize', { image: 'a.png' }, []],
    ['resize', { image: 'a.png', width: 4000, taken: '2026-11-27T10:00:00Z' }, []],
    ['resize', {}, [['', "must have required property 'image'"]]],
    [
      'resize',
      { image: '', width: 4001 },
      [
        ['/image', 'must NOT have fewer than 1 characters'],
        ['/width', 'must be <= 4000'],
      ],
    ],
    ['resize', { image: 'a.png', taken: 'yesterday' }, [['/taken', expect.stringContaining('must match')]]],
    ['greet', 'Ada', [['', 'must be object']]],
  ])('judge the payload of %s: %j', (name, payload, expected) => {
    const validate = validators[name];
    expect(validate?.(payload)).toBe(expected.length === 0);
    const told = (validate?.errors ?? []).map(({ instancePath, message }) => [instancePath, message]);
    for (const each of expected) expect(told).toContainEqual(each);
  });

  it('need no package and no code generation at run time', () => {
    const file = pathToFileURL(path.join(folder, 'validators.mjs')).href;
    const script = `const { validators } = await import('${file}'); process.stdout.write(String(validators.resize({ image: 'a' })));`;
    const node = spawnSync(
      process.execPath,
      ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(node).toMatchObject({ stdout: 'true', stderr: '', status: 0 });
  });
});

it('refuses a JSON Schema that is not valid, naming the job', () => {
  const retry = { attempts: 1, baseSeconds: 1, capSeconds: 1, onTimeout: false };
  const broken = {
    name: 'resize',
    queue: 'default',
    retry,
    timeout_seconds: null,
    payload: { type: 'picture' },
  };
  const catalogue: Catalogue = { version: 1, jobs: [broken] };
  expect(() => {
    writePayloadValidators(catalogue, 'jobs/index.ts', path.join(folder, 'broken.mjs'));
  }).toThrow(
    /jobs\/index\.ts can't be used:\n {2}job "resize": the JSON Schema of its payload is not valid: /,
  );
});
