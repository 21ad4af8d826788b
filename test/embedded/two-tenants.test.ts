import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { JobDefinition } from '../../lambdas/job/definition.ts';
import { builtInDefinitions } from '../../lambdas/jobs/job-types.ts';
import * as z from 'zod';
import { documentedOperations } from '../helpers/openapi.ts';
import { JOB_TYPES, type Intrusion } from './two-tenants/job-types.ts';
import { expectNoHarm } from './two-tenants/no-harm.ts';
import { OPERATION_SIDE_EFFECTS, operationsWith, SIDE_EFFECTS } from './two-tenants/side-effects.ts';
import * as jobs from './two-tenants/stack/jobs.ts';
import { TRIALS } from './two-tenants/trials.ts';
import { WAYS, type Outcome } from './two-tenants/ways.ts';
import { CANARY, createWorld, type World } from './two-tenants/world.ts';

// Two tenants share one stack. No job type or operation may let one tenant affect the other. test/integration/tenants.test.ts tests that every
// operation shows a tenant only its own data.

const FOLDER = 'test/embedded/two-tenants';
const jobTypes: readonly JobDefinition[] = [
  ...builtInDefinitions({ webhook: { allowedHosts: [] }, messages: { url: 'https://example.com' } }),
  ...Object.values(jobs),
];

let world: World;

beforeAll(async () => {
  world = await createWorld();
}, 120_000);

afterAll(async () => {
  await world.end();
});

describe('every job type', () => {
  it.each(jobTypes)(
    '$name declares, for each payload field, how the field could name another tenant’s data',
    ({ name, payload }) => {
      const entry = JOB_TYPES[name];
      if (!entry)
        throw new Error(`The job type ${name} is new: add it to JOB_TYPES in ${FOLDER}/job-types.ts.`);
      const { properties } = z.toJSONSchema(payload as unknown as z.core.$ZodType, {
        io: 'input',
        unrepresentable: 'any',
      });
      if (!properties)
        throw new Error(`The payload of ${name} has no fields: say in ${FOLDER} how to try its payloads.`);
      const missing = Object.keys(properties).filter((field) => entry.fields[field] === undefined);
      if (missing.length > 0)
        throw new Error(
          `Add ${missing.join(', ')} to the fields of ${name} in JOB_TYPES, ${FOLDER}/job-types.ts.`,
        );
      expect(Object.keys(entry.fields).sort()).toEqual(Object.keys(properties).sort());
    },
  );

  it('with an entry exists in a deployment', () => {
    expect(Object.keys(JOB_TYPES).sort()).toEqual(jobTypes.map(({ name }) => name).sort());
  });
});

describe('a job of one tenant', () => {
  it.each(Object.entries(JOB_TYPES))(
    'with the type %s works with its own tenant’s data',
    async (type, entry) => {
      await expectNoHarm(world, async (attacker) => {
        const job = await attacker.run({ type, payload: await entry.harmless(attacker, world) });
        expect(job).toMatchObject({ status: 'success', result: entry.result });
      });
    },
  );

  const intrusions = Object.entries(JOB_TYPES).flatMap(([type, { fields }]) =>
    Object.entries(fields).flatMap(([field, intrusion]) =>
      typeof intrusion === 'string' ? [] : Object.keys(WAYS).map((way) => ({ type, field, way, intrusion })),
    ),
  );

  it.each(intrusions)(
    'with the type $type, submitted $way, finds nothing when its $field names another tenant’s data',
    async (intrusion) => {
      await expectNoHarm(world, async (attacker) => {
        const { type, way } = intrusion;
        const { nameOf, nothing, payload }: Intrusion = intrusion.intrusion;
        const outcomeOf = async (name: string): Promise<Outcome> => {
          const outcome = await WAYS[way]?.(
            attacker,
            { type, payload: payload(name), max_attempts: 1 },
            world,
          );
          return JSON.parse(JSON.stringify(outcome).replaceAll(name, 'the name')) as Outcome;
        };
        const outcome = await outcomeOf(nameOf(world.victim));
        expect(outcome).toEqual(await outcomeOf(nothing(attacker)));
        if (!('refused' in outcome)) expect(outcome.status).toBe('failed');
      });
    },
  );
});

describe('every operation', () => {
  it('that does more than read declares its side effects', () => {
    const effective = documentedOperations().filter(
      ({ method, operation }) =>
        method !== 'GET' || operation.parameters?.some(({ name }) => name === 'wait'),
    );
    const ids = effective.map(({ operation }) => operation.operationId);
    const missing = ids.filter((id) => OPERATION_SIDE_EFFECTS[id] === undefined);
    if (missing.length > 0) {
      throw new Error(
        `Add ${missing.join(', ')} to OPERATION_SIDE_EFFECTS in ${FOLDER}/side-effects.ts, with [] for none, ` +
          `and call it in the trial of each of its side effects, ${FOLDER}/trials/.`,
      );
    }
    expect(Object.keys(OPERATION_SIDE_EFFECTS).sort()).toEqual(ids.sort());
  });
});

describe('side effects stay within their tenant:', () => {
  it.each(SIDE_EFFECTS.map((effect) => [TRIALS[effect].title, effect] as const))(
    '%s',
    async (_title, effect) => {
      const attacker = await expectNoHarm(world, (tenant) => TRIALS[effect].attack(tenant, world));
      const operations = operationsWith(effect);
      expect(operations).not.toEqual([]);
      expect([...attacker.called]).toEqual(expect.arrayContaining(operations));
    },
  );
});

describe('the logs', () => {
  it('contain nothing that the victim sent', () => {
    expect(world.cloud.logs.length).toBeGreaterThan(0);
    expect(world.cloud.logs.filter((line) => line.includes(CANARY))).toEqual([]);
  });
});
