import type { Kind } from './kinds.ts';

/** One setting, described once. The props of the construct, the reference page and the checks derive from it. */
export interface Setting<Value = unknown, Default = unknown> {
  /**
   * What the setting does, in Markdown. Names other settings as the props do: `jobTimeout`, which the reference page turns
   * into `JOB_TIMEOUT`. Valid values and the default are left to `kind` and `default`.
   */
  readonly text: string;
  readonly kind: Kind<Value>;
  readonly default: Default;
}

/** A default that depends on other settings, or no default at all. */
export interface DerivedDefault<Value> {
  /** The rule, in Markdown. */
  readonly text: string;
  /** Sees the settings that stand before this one in the table. */
  derive(settings: never): Value;
}

/** Settings by name. */
export type SettingTable = Readonly<Record<string, Setting>>;

type ValueOf<S> = S extends Setting<infer Value> ? Value : never;
type ResolvedValueOf<S> =
  S extends Setting<infer Value, infer Default>
    ? Default extends DerivedDefault<infer Derived>
      ? Value | Derived
      : Value
    : never;

/** The values that a user gave. */
export type Given<Table> = { readonly [Name in keyof Table]?: ValueOf<Table[Name]> };
/** The values given, completed by defaults. Undefined only where a setting has no default. */
export type Resolved<Table> = { readonly [Name in keyof Table]: ResolvedValueOf<Table[Name]> };

/** Writes the names and values of settings as the user knows them: in the environment, or as props. */
export interface Wording<Name extends string> {
  /** `JOB_TIMEOUT` or `jobTimeout` */
  readonly nameOf: (name: Name) => string;
  /** `JOB_TIMEOUT "46"` */
  readonly quote: (name: Name) => string;
}

/** A rule that several settings must follow together. */
export interface Relation<Table> {
  readonly between: readonly (keyof Table & string)[];
  /** Settings that break the rule: the reference page shows how they are refused. */
  readonly example: Given<Table>;
  holds(settings: Resolved<Table>, given: Given<Table>): boolean;
  /** One line: what is wrong, why it matters, what to do. */
  explain(wording: Wording<keyof Table & string>): string;
}

/** Checks that a setting's default fits its kind. */
export function setting<Value, const Default extends Value | DerivedDefault<Value | undefined>>(
  described: Setting<Value, Default>,
): Setting<Value, Default> {
  return described;
}

export function derived<Settings extends object, Value>(
  text: string,
  derive: (settings: Settings) => Value,
): DerivedDefault<Value> {
  return { text, derive };
}

/** No default: the value is undefined unless the user gives one. */
export function unset(text: string): DerivedDefault<undefined> {
  return derived(text, () => undefined);
}

export function isDerived(value: unknown): value is DerivedDefault<unknown> {
  return typeof value === 'object' && value !== null && 'derive' in value;
}
