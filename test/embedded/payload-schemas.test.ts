import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import type { Schema } from 'errand-client';
import type { ProblemView } from '../helpers/api-client.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { changed, fittingValues, type JsonSchema } from '../helpers/json-schema-values.ts';

/** `ERRAND_PAYLOADS` sets how many payloads of each job type are submitted. `ERRAND_PAYLOADS_SEED` selects other payloads. */
const { ERRAND_PAYLOADS: count = '60', ERRAND_PAYLOADS_SEED: seed = '20261129' } = process.env;
const SAMPLES = { numRuns: Number(count), seed: Number(seed) };

/** The maximum number of jobs in one request. */
const MAX_BATCH = 100;

/** The built-in job types. Some of these types have payload rules that JSON Schema can't express. */
const BUILT_IN = ['sleep', 'analyze', 'webhook', 'send_messages'];

type JobType = Schema<'JobType'>;
interface Item {
  job?: object;
  problem?: ProblemView;
  status?: number;
}

let cloud: Cloud;
let types: JobType[];

beforeAll(async () => {
  cloud = await startCloud({ JOBS: 'test/jobs-files/schemas.ts' });
  types = (await cloud.api.call<{ items: JobType[] }>('GET', '/v1/job-types')).body.items;
}, 120_000);

afterAll(async () => {
  await cloud.end();
});

/** Submits a job for each payload, and returns the responses. The jobs do not start during the test. */
async function submitAll(type: string, payloads: readonly unknown[]): Promise<Item[]> {
  const items: Item[] = [];
  for (let start = 0; start < payloads.length; start += MAX_BATCH) {
    const jobs = payloads
      .slice(start, start + MAX_BATCH)
      .map((payload) => ({ type, payload, delay_seconds: 86_400 }));
    const { status, body } = await cloud.api.call<{ items: Item[] }>('POST', '/v1/jobs/batch', { jobs });
    expect({ status, body: status === 200 ? 'items' : body }).toEqual({ status: 200, body: 'items' });
    items.push(...body.items);
  }
  return items;
}

function validatorOf(schema: JsonSchema): (value: unknown) => boolean {
  const ajv = new Ajv2020({ strict: false });
  (addFormats as unknown as { default: (ajv: Ajv2020) => void }).default(ajv);
  return ajv.compile(schema);
}

describe.each(['order', 'event', 'grow', 'plain', 'anything', ...BUILT_IN])(
  'payloads of a %s job',
  (name) => {
    const typeNamed = (): JobType => {
      const type = types.find((each) => each.name === name);
      if (!type) throw new Error(`The catalogue has no type ${name}.`);
      return type;
    };

    it('are accepted if they match the schema', async () => {
      const payloads = fc.sample(fittingValues(typeNamed().payload as JsonSchema), SAMPLES);
      const items = await submitAll(name, payloads);
      const refused = items.flatMap(({ problem }, index) => {
        if (!problem) return [];
        // A built-in type may refuse the payload because of a rule that JSON Schema can't express. The error must then name a field.
        if (BUILT_IN.includes(name) && (problem.errors?.length ?? 0) > 0) return [];
        return [{ payload: payloads[index], problem }];
      });
      expect(refused.slice(0, 3)).toEqual([]);
    });

    it('are refused if they do not match the schema, and the error names the field', async () => {
      const schema = typeNamed().payload as JsonSchema;
      const fits = validatorOf(schema);
      const mutants = fc
        .sample(changed(fittingValues(schema)), { ...SAMPLES, numRuns: 3 * SAMPLES.numRuns })
        .filter(({ value }) => value !== undefined && !fits(value));
      if (!['anything', 'send_messages'].includes(name))
        expect(mutants.length).toBeGreaterThan(SAMPLES.numRuns);
      const items = await submitAll(
        name,
        mutants.map(({ value }) => value),
      );
      const wrong = items.flatMap(({ problem }, index) => {
        const { value, path = [] } = mutants[index] ?? {};
        const fields = (problem?.errors ?? []).map(({ field }) => field);
        const place = ['payload', ...path].join('.');
        const isNamed = fields.some((field) => place.startsWith(field) || field.startsWith(place));
        return problem?.status === 422 && isNamed ? [] : [{ payload: value, path, problem }];
      });
      expect(wrong.slice(0, 3)).toEqual([]);
    });
  },
);
