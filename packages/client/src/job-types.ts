import type { Schema } from './http-client.ts';

/** A job type from the client's point of view: its payload, result and signals. */
export interface JobType {
  readonly payload: unknown;
  readonly result: unknown;
  /** The payloads of the type's declared signals, keyed by signal name. @default - any signal, with any payload */
  readonly signals?: Signals;
}

/** Signal payloads, keyed by the signal's name. */
export type Signals = Readonly<Record<string, unknown>>;

/** Job types, keyed by name. */
export type JobTypes = Readonly<Record<string, JobType>>;

/** Errand's built-in job types. A deployment can leave them out. */
export interface BuiltInJobTypes {
  readonly sleep: { readonly payload: Schema<'SleepPayload'>; readonly result: unknown };
  readonly analyze: { readonly payload: Schema<'AnalyzePayload'>; readonly result: unknown };
  readonly webhook: { readonly payload: Schema<'WebhookPayload'>; readonly result: unknown };
  readonly send_messages: { readonly payload: Schema<'SendMessagesPayload'>; readonly result: unknown };
}

interface StandardSchema {
  readonly '~standard': { readonly types?: { readonly input: unknown } | undefined };
}

/**
 * The properties of `job()`'s return type (in `errand/jobs`) that the client's types depend on. `payload` is a Standard Schema
 * (https://standardschema.dev).
 */
interface JobDefinition {
  readonly name: string;
  readonly payload: StandardSchema;
  readonly signals?: Readonly<Record<string, StandardSchema>> | undefined;
  // Declared as a method, because a function-typed property would rule out handlers with narrower parameters.
  run(...parameters: never): unknown;
}

/**
 * A module's exported job types, keyed by name. With `unknown` as the module, any type with any payload is allowed.
 */
export type JobTypesOf<Module> = unknown extends Module
  ? BuiltInJobTypes & JobTypes
  : Omit<BuiltInJobTypes, keyof OwnJobTypes<Module>> & OwnJobTypes<Module>;

type OwnJobTypes<Module> = {
  readonly [
    Export in keyof Module as Module[Export] extends JobDefinition ? Module[Export]['name'] : never
  ]: {
    readonly payload: InputOf<Module[Export]>;
    readonly result: ResultOf<Module[Export]>;
    readonly signals: SignalsOf<Module[Export]>;
  };
};

type InputOf<Definition> = Definition extends JobDefinition ? InputOfSchema<Definition['payload']> : never;

type InputOfSchema<Schema> = Schema extends StandardSchema
  ? NonNullable<Schema['~standard']['types']>['input']
  : never;

type SignalsOf<Definition> = Definition extends { readonly signals?: infer Schemas }
  ? [keyof NonNullable<Schemas>] extends [never]
    ? Signals
    : { readonly [Name in keyof NonNullable<Schemas>]: InputOfSchema<NonNullable<Schemas>[Name]> }
  : Signals;

type ResultOf<Definition> = Definition extends JobDefinition
  ? AsJson<Awaited<ReturnType<Definition['run']>>>
  : never;

/** The type of a value after `JSON.parse(JSON.stringify(value))`; undefined becomes null. */
export type AsJson<Value> = unknown extends Value
  ? Value
  : Value extends object | string | number | boolean | null
    ? JsonOf<Value>
    : null;

type JsonOf<Value> = unknown extends Value
  ? Value
  : Value extends string | number | boolean | null | undefined
    ? Value
    : Value extends { toJSON(): infer Json }
      ? JsonOf<Json>
      : Value extends NotInJson
        ? never
        : Value extends readonly unknown[]
          ? { [Index in keyof Value]: AsJson<Value[Index]> }
          : Value extends object
            ? { [Key in keyof Value as Value[Key] extends NotInJson ? never : Key]: JsonOf<Value[Key]> }
            : never;

type NotInJson = ((...parameters: never) => unknown) | symbol;

/** A job type's name. */
export type TypeName<Types> = keyof Types & string;

export type PayloadOf<Types, Type extends TypeName<Types>> = Types[Type] extends JobType
  ? Types[Type]['payload']
  : never;

export type JobResult<Types, Type extends TypeName<Types>> = Types[Type] extends JobType
  ? Types[Type]['result']
  : never;

/** The payloads of a job type's signals, keyed by signal name. */
export type JobSignals<Types, Type extends TypeName<Types>> = Types[Type] extends {
  readonly signals: infer Own;
}
  ? Own
  : Signals;

/** The type of `{}`, the default payload. */
// eslint-disable-next-line @typescript-eslint/no-empty-object-type, @typescript-eslint/consistent-type-definitions -- `object` and interfaces are not assignable to records
export type Empty = {};

/** A payload property, which is optional if `{}` is a valid payload. */
export type PayloadProperty<Payload> = Empty extends Payload
  ? { readonly payload?: Payload }
  : { readonly payload: Payload };
