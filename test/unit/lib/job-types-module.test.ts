import { beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';
import type { UserJobType } from '../../../lambdas/job/user-job-types.ts';
import { writeJobTypesModule } from '../../../lib/jobs/job-types-module.ts';
import { catalogueOf } from './jobs-file.ts';

let folder: string;
let jobTypes: readonly UserJobType[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'errand-job-types-'));
  const file = path.join(folder, 'job-types.mjs');
  writeJobTypesModule(await catalogueOf('images'), 'images.ts', file);
  ({ jobTypes } = (await import(pathToFileURL(file).href)) as { jobTypes: typeof jobTypes });
});

/** Writes the module for a catalog with one job type, and returns the job type's payload check. */
async function checkWith(payload: object): Promise<UserJobType['check']> {
  const retry = { attempts: 1, baseSeconds: 1, capSeconds: 1, onTimeout: false };
  const file = path.join(await mkdtemp(path.join(tmpdir(), 'errand-job-types-')), 'job-types.mjs');
  const jobs = [
    {
      name: 'test',
      queue: 'default',
      retry,
      timeout_seconds: null,
      payload: payload as Record<string, unknown>,
    },
  ];
  writeJobTypesModule({ version: 1, jobs }, 'jobs/index.ts', file);
  const made = (await import(pathToFileURL(file).href)) as { jobTypes: readonly UserJobType[] };
  const [jobType] = made.jobTypes;
  if (!jobType) throw new Error('The module has no job type.');
  return (value) => jobType.check(value);
}

describe('the module of job types', () => {
  it('has everything the api needs to accept a job', () => {
    expect(jobTypes).toMatchObject([
      { name: 'greet', queue: 'default', retry: { attempts: 2 } },
      { name: 'resize', queue: 'images', retry: { attempts: 5, onTimeout: true }, timeoutSeconds: 30 },
    ]);
    expect(jobTypes[0]).not.toHaveProperty('timeoutSeconds');
  });

  it('checks the signals that a job declares', async () => {
    const file = path.join(folder, 'steps.mjs');
    writeJobTypesModule(await catalogueOf('steps'), 'steps.ts', file);
    const made = (await import(pathToFileURL(file).href)) as { jobTypes: readonly UserJobType[] };
    const typeOf = (wanted: string) => made.jobTypes.find(({ name }) => name === wanted);
    const { signals, maxDurationSeconds } = typeOf('decide') ?? {};
    expect([...(signals?.keys() ?? []), maxDurationSeconds]).toEqual(['decision', 'stop', 7200]);
    expect(signals?.get('decision')?.({ by: 'Ada', amount: 100 })).toEqual([]);
    expect(signals?.get('decision')?.({ amount: 101 })).toEqual([
      { field: 'by', message: 'is required' },
      { field: 'amount', message: 'must be <= 100' },
    ]);
    expect(signals?.get('stop')?.(null)).toEqual([]);
    expect(typeOf('double')).not.toHaveProperty('signals');
  });

  it.each([
    ['resize', { image: 'a.png' }, []],
    ['resize', { image: 'a.png', width: 4000, taken: '2026-11-27T10:00:00Z' }, []],
    ['resize', {}, [{ field: 'image', message: 'is required' }]],
    [
      'resize',
      { image: '', width: 4001 },
      [
        { field: 'image', message: 'must NOT have fewer than 1 characters' },
        { field: 'width', message: 'must be <= 4000' },
      ],
    ],
    ['greet', 'Ada', [{ field: '', message: 'must be object' }]],
  ])('checks the payload of %s: %j', (name, payload, errors) => {
    expect(jobTypes.find((each) => each.name === name)?.check(payload)).toEqual(errors);
  });

  it('names unknown fields, and fields inside lists and objects with unusual names', async () => {
    const check = await checkWith({
      type: 'object',
      properties: {
        crops: {
          type: 'array',
          items: { type: 'object', required: ['x'], additionalProperties: false, properties: { x: {} } },
        },
        'a/b~c': { type: 'string' },
      },
      additionalProperties: false,
    });
    expect(check({ crops: [{ x: 1 }, { y: 1 }], 'a/b~c': 1, more: 1 })).toEqual(
      expect.arrayContaining([
        { field: 'crops.1.x', message: 'is required' },
        { field: 'crops.1.y', message: 'is not a known field; remove it' },
        { field: 'a/b~c', message: 'must be string' },
        { field: 'more', message: 'is not a known field; remove it' },
      ]),
    );
  });

  it('reports the problems of the union’s alternative that the value resembles', async () => {
    const alternative = (kind: string, field: string): object => ({
      type: 'object',
      properties: { kind: { const: kind }, [field]: { type: 'number' } },
      required: ['kind', field],
    });
    const check = await checkWith({
      anyOf: [alternative('circle', 'radius'), alternative('square', 'side')],
    });
    expect(check({ kind: 'square', side: 2 })).toEqual([]);
    expect(check({ kind: 'square', side: 'two' })).toEqual([{ field: 'side', message: 'must be number' }]);
    expect(check({ kind: 'star' })).toEqual([{ field: '', message: 'must match a schema in anyOf' }]);
  });

  it('needs no package and no code generation at run time', () => {
    const file = pathToFileURL(path.join(folder, 'job-types.mjs')).href;
    const script = `const { jobTypes } = await import('${file}'); process.stdout.write(JSON.stringify(jobTypes[1].check({ image: 'a' })));`;
    const node = spawnSync(
      process.execPath,
      ['--disallow-code-generation-from-strings', '--input-type=module', '--eval', script],
      { cwd: folder, encoding: 'utf8' },
    );
    expect(node).toMatchObject({ stdout: '[]', stderr: '', status: 0 });
  });
});

it('an invalid JSON Schema is refused, and the error names the job', () => {
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
    writeJobTypesModule(catalogue, 'jobs/index.ts', path.join(folder, 'broken.mjs'));
  }).toThrow(/jobs\/index\.ts can't be used:\n {2}job "resize": its payload's JSON Schema is not valid: /);
});
