import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

// The schemas in a job definition: for its payload, and for its signals.

/** Any Standard Schema: Zod, Valibot, ArkType and others (https://standardschema.dev). */
export type PayloadSchema = StandardSchemaV1;

/** The schemas of a job type's signals, by the signals' names. */
export type SignalSchemas = Readonly<Record<string, StandardSchemaV1>>;

/** The payloads of a job type's signals as clients send them, by the signals' names. */
export type SignalPayloads<Signals extends SignalSchemas> = {
  readonly [Name in keyof Signals]: StandardSchemaV1.InferInput<Signals[Name]>;
};

/** The signal payloads of a job type that declares no signals: any name, with any payload. */
export type AnySignals = Readonly<Record<string, unknown>>;

/** The payloads of the signals that a handler may wait for: any name, unless the job type declares its signals. */
export type AwaitedSignals<Signals extends SignalSchemas> = keyof Signals extends never
  ? AnySignals
  : SignalPayloads<Signals>;

/** The schemas of a job type that declares no signals. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/consistent-type-definitions -- without names, which `object` and records have
export type NoSignals = {};

/** A JSON Schema, draft 2020-12. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/** Converts schemas of libraries without Standard JSON Schema. */
export type ToJsonSchema = (schema: StandardSchemaV1) => JsonSchema;

/** The names of steps and signals. */
export const STEP_NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
export const STEP_NAME_EXPECTED =
  '1 to 64 letters, digits, "_", "-" and ".", beginning with a letter or a digit';

/** ArkType's schemas are functions. */
export function isStandardSchema(value: unknown): value is PayloadSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  const { '~standard': standard } = value as Partial<PayloadSchema>;
  return typeof standard?.validate === 'function';
}

/** The first option of the signals that is invalid. */
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
        option: "signals has a name that can't be one; it",
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
 * Converts a schema to JSON Schema: its input side, which is what clients send.
 *
 * @throws Error for a schema that JSON Schema can't express
 */
export function jsonSchemaOf(schema: StandardSchemaV1, toJsonSchema: ToJsonSchema | undefined): JsonSchema {
  if (toJsonSchema) return toJsonSchema(schema);
  const { jsonSchema, vendor }: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> =
    schema['~standard'];
  if (!jsonSchema) throw new TypeError(`this schema of ${vendor} has no Standard JSON Schema`);
  return jsonSchema.input({ target: 'draft-2020-12' });
}
