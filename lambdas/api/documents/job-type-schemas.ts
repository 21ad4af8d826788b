import { DEFAULT_JOB_TYPE, type Catalogue } from '../../job/catalogue.ts';

// The part of the OpenAPI document that depends on the job types. A submission's schema is a union of one schema per job
// type. Each schema has a constant `type`, which shows readers and generators which payload belongs to which type. If
// only the payload were a union, generated clients would use the first matching alternative, and lose the other
// alternatives' fields.

type Schema = Readonly<Record<string, unknown>>;
export type Schemas = Readonly<Record<string, Schema>>;

/** The schemas that are unions with one variant per job type, each mapped to a function that names its variants. */
const SUBMISSIONS: Readonly<Record<string, (job: string) => string>> = {
  Submission: (job) => `${job}Submission`,
  ScheduledSubmission: (job) => `Scheduled${job}Submission`,
};

/** `send_messages` → `SendMessages` */
function pascalCase(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  return words.map((word) => `${word.charAt(0).toUpperCase()}${word.slice(1)}`).join('');
}

/** `send_messages` → `SendMessagesPayload` */
export function payloadComponent(jobType: string): string {
  return `${pascalCase(jobType)}Payload`;
}

/** Returns the names of all schemas that a job type adds to the OpenAPI document. */
export function componentsOf(jobType: string): string[] {
  const job = pascalCase(jobType);
  return [payloadComponent(jobType), ...Object.values(SUBMISSIONS).map((nameOf) => nameOf(job))];
}

/**
 * Returns an OpenAPI document's schemas, adapted to these job types. A `resize` type adds `ResizePayload`,
 * `ResizeSubmission` and `ScheduledResizeSubmission`.
 *
 * @param schemas the document's schemas, with a submission's fields in `Submission` and `ScheduledSubmission`, or in their
 * variants
 * @param jobTypes the job types that clients may submit
 */
export function withJobTypes(schemas: Schemas, jobTypes: Catalogue['jobs']): Schemas {
  const added: Record<string, Schema> = {};
  for (const { name, payload } of jobTypes)
    Object.assign(added, payloadSchemas(payloadComponent(name), payload));
  const replaced = new Set<string>();
  for (const [union, nameOf] of Object.entries(SUBMISSIONS)) {
    const fields = fieldsOf(schemas, union);
    for (const variant of variantsOf(schemas, union)) replaced.add(variant);
    for (const { name, payload } of jobTypes) {
      added[nameOf(pascalCase(name))] = variantOf(fields, name, payload);
    }
    const variants = jobTypes.map(({ name }) => reference(nameOf(pascalCase(name))));
    // A deployment without job types doesn't accept submissions.
    added[union] = variants.length > 0 ? { oneOf: variants } : { not: {} };
  }
  const kept = Object.entries(schemas).filter(([name]) => !replaced.has(name));
  return { ...Object.fromEntries(kept), ...added };
}

function reference(component: string): { $ref: string } {
  return { $ref: `#/components/schemas/${component}` };
}

function variantsOf(schemas: Schemas, union: string): string[] {
  const { oneOf = [] } = schemas[union] as { oneOf?: readonly { $ref: string }[] };
  return oneOf.map(({ $ref }) => $ref.slice($ref.lastIndexOf('/') + 1));
}

/**
 * Returns a schema that contains a submission's fields: any of the union's variants, because they differ only in `type`
 * and `payload`.
 */
function fieldsOf(schemas: Schemas, union: string): Schema {
  const [variant = union] = variantsOf(schemas, union);
  const fields = schemas[variant];
  if (!fields?.properties) throw new Error(`The OpenAPI document has no fields of ${union}.`);
  return fields;
}

function variantOf(fields: Schema, jobType: string, payload: Schema): Schema {
  const { type, payload: anyPayload, ...rest } = fields.properties as Record<string, Schema>;
  const required = [
    ...(jobType === DEFAULT_JOB_TYPE ? [] : ['type']),
    ...(acceptsEmpty(payload) ? [] : ['payload']),
  ];
  return {
    type: 'object',
    additionalProperties: fields.additionalProperties,
    properties: {
      ...rest,
      type: { description: type?.description, type: 'string', const: jobType, default: jobType },
      payload: { description: anyPayload?.description, allOf: [reference(payloadComponent(jobType))] },
    },
    ...(required.length > 0 && { required }),
  };
}

/** Whether the default payload, `{}`, may be valid. */
function acceptsEmpty({ type, required = [] }: Schema): boolean {
  return (type === undefined || type === 'object') && (required as unknown[]).length === 0;
}

/**
 * Converts a payload's schema for OpenAPI. The schema's definitions become separate schemas, because few generators can
 * follow a reference into another schema.
 */
function payloadSchemas(component: string, payload: Schema): Record<string, Schema> {
  const { $defs, definitions, ...schema } = payload as Schema &
    Partial<Record<'$defs' | 'definitions', Schemas>>;
  const places = new Map([['#', component]]);
  for (const [keyword, defined] of Object.entries({ $defs, definitions })) {
    for (const name of Object.keys(defined ?? {}))
      places.set(`#/${keyword}/${name}`, `${component}${pascalCase(name)}`);
  }
  const schemas: Record<string, Schema> = { [component]: moved(schema, places) as Schema };
  for (const defined of [$defs, definitions]) {
    for (const [name, each] of Object.entries(defined ?? {})) {
      schemas[`${component}${pascalCase(name)}`] = moved(each, places) as Schema;
    }
  }
  return schemas;
}

/** Rewrites the references in a payload's schema, from paths within that schema to paths within the OpenAPI document. */
function moved(schema: unknown, places: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(schema)) return schema.map((each) => moved(each, places));
  if (typeof schema !== 'object' || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== '$schema' && key !== '$id')
      .map(([key, value]) => [key, key === '$ref' ? movedReference(value, places) : moved(value, places)]),
  );
}

function movedReference(value: unknown, places: ReadonlyMap<string, string>): unknown {
  if (typeof value !== 'string' || !value.startsWith('#')) return value;
  const place = places.get(value);
  if (place !== undefined) return reference(place).$ref;
  return `${reference(places.get('#') ?? '').$ref}${value.slice(1)}`;
}
