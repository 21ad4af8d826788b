import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

// The schemas of a job definition's payload and signals.

/** Any Standard Schema: Zod, Valibot, ArkType and others (https://standardschema.dev). */
export type PayloadSchema = StandardSchemaV1;

/** The schemas of a job type's signals, by signal name. */
export type SignalSchemas = Readonly<Record<string, StandardSchemaV1>>;

/** The payloads of a job type's signals as clients send them, by signal name. */
export type SignalPayloads<Signals extends SignalSchemas> = {
  readonly [Name in keyof Signals]: StandardSchemaV1.InferInput<Signals[Name]>;
};

/** The signal payloads of a job type that doesn't declare its signals. Any name and any payload are allowed. */
export type AnySignals = Readonly<Record<string, unknown>>;

/** The names of the signals that a handler can wait for. Any name is allowed, unless the job type declares its signals. */
export type AwaitedSignals<Signals extends SignalSchemas> = keyof Signals extends never
  ? AnySignals
  : SignalPayloads<Signals>;

/** The `Signals` type of a job type that declares no signals. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/consistent-type-definitions -- without names, which `object` and records have
export type NoSignals = {};

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Converts a schema from a library that doesn't support Standard JSON Schema. */
export type ToJsonSchema = (schema: StandardSchemaV1) => JsonSchema;

/** The pattern for step and signal names. */
export const STEP_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
export const STEP_NAME_EXPECTED =
  '1 to 64 letters, digits, "_", "-" and ".", beginning with a letter or a digit';

/** Whether a value is a Standard Schema. Schemas may be functions, as in ArkType. */
export function isStandardSchema(value: unknown): value is PayloadSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as Partial<PayloadSchema>;
  return typeof standard?.validate === 'function';
}

/** Returns the first signal with an invalid name or schema, if any. */
export function invalidSignal(
  signals: unknown,
): { readonly option: string; readonly given: unknown; readonly expected: string } | undefined {
  if (typeof signals !== 'object' || signals === null || Array.isArray(signals)) {
    const expected = "an object with a schema for each signal's name";
    return { option: 'signals', given: signals, expected };
  }
  for (const [name, schema] of Object.entries(signals)) {
    if (!STEP_NAME.test(name))
      return {
        option: 'the name of a signal',
        given: name,
        expected: STEP_NAME_EXPECTED,
      };
    if (!isStandardSchema(schema))
      return {
        option: `signals.${name}`,
        given: schema,
        expected: 'a Standard Schema, such as z.object({ … })',
      };
  }
  return undefined;
}

/**
 * Converts a schema to the JSON Schema of its input (the value that clients send).
 *
 * @throws Error if JSON Schema can't express the schema
 */
export function jsonSchemaOf(schema: StandardSchemaV1, toJsonSchema: ToJsonSchema | undefined): JsonSchema {
  if (toJsonSchema) return toJsonSchema(schema);
  const { jsonSchema, vendor }: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> =
    schema['~standard'];
  if (!jsonSchema) throw new TypeError(`this ${vendor} schema has no Standard JSON Schema`);
  return jsonSchema.input({ target: 'draft-2020-12' });
}
