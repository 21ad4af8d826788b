import { describe, expect, it } from '@jest/globals';
import { validate } from '@readme/openapi-parser';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { withJobTypes, type Schemas } from '../../../lambdas/api/documents/job-type-schemas.ts';
import type { CatalogueEntry } from '../../../lambdas/job/catalogue.ts';
import type { JsonSchema } from '../../../lambdas/job/definition-schemas.ts';
import { DEFAULT_RETRY } from '../../../lambdas/job/definition.ts';

const document = JSON.parse(
  readFileSync(new URL('../../../lambdas/api/documents/openapi.json', import.meta.url), 'utf8'),
) as { components: { schemas: Schemas } };

function entry(name: string, payload: JsonSchema): CatalogueEntry {
  return { name, queue: 'default', retry: DEFAULT_RETRY, timeout_seconds: null, payload };
}

function schemasOf(...jobTypes: CatalogueEntry[]): Schemas {
  return withJobTypes(document.components.schemas, jobTypes);
}

describe('the schemas of job types', () => {
  it('are valid for a payload that refers to itself and to its definitions', async () => {
    const leaf = z.object({ text: z.string() }).meta({ id: 'leaf-of-tree' });
    const tree = z.object({
      leaf,
      get children() {
        return z.array(tree);
      },
    });
    const payload = z.toJSONSchema(tree) as JsonSchema;
    expect(payload).toHaveProperty('$defs');
    const schemas = schemasOf(entry('plant-tree', payload));
    expect(schemas.PlantTreePayload).toMatchObject({
      properties: {
        leaf: { $ref: '#/components/schemas/PlantTreePayloadLeafOfTree' },
        children: { items: { $ref: '#/components/schemas/PlantTreePayload' } },
      },
    });
    expect(schemas.PlantTreePayloadLeafOfTree).toMatchObject({ properties: { text: { type: 'string' } } });
    const whole = { ...document, components: { ...document.components, schemas } };
    expect(await validate(structuredClone(whole) as never)).toMatchObject({ valid: true });
  });

  it.each([
    ['an object without required fields', { type: 'object', properties: {} }, ['type']],
    ['an object with required fields', { type: 'object', required: ['a'] }, ['type', 'payload']],
    ['a list', { type: 'array' }, ['type', 'payload']],
    ['anything', {}, ['type']],
  ])('require the payload unless {} may be valid: %s', (_what, payload, required) => {
    expect(schemasOf(entry('count', payload)).CountSubmission?.required).toEqual(required);
  });

  it('replace those of other job types, so that a document can be written again', () => {
    const twice = withJobTypes(schemasOf(entry('count', {})), [entry('greet', {})]);
    expect(twice).toEqual({ ...schemasOf(entry('greet', {})), CountPayload: {} });
    expect(twice.Submission).toEqual({ oneOf: [{ $ref: '#/components/schemas/GreetSubmission' }] });
  });

  it('accept nothing if there are no job types', () => {
    expect(schemasOf().Submission).toEqual({ not: {} });
  });
});
