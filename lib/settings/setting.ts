import type { Kind } from './kinds.ts';

/** The definition of one setting. The construct's props, the reference page and the checks are derived from this definition. */
export interface Setting<Value = unknown, Default = unknown> {
  /**
   * What the setting does, in Markdown. Refers to other settings by their prop names, such as `jobTimeout`, which the reference page converts to
   * `JOB_TIMEOUT`. `kind` and `default` describe the valid values and the default.
   */
  readonly text: string;
  readonly kind: Kind<Value>;
  readonly default: Default;
}

/** A default computed from other settings. For a setting without a default, `derive` returns undefined (see {@link unset}). */
export interface DerivedDefault<Value> {
  /** Describes how the default is derived, in Markdown. */
  readonly text: string;
  /** Computes the default from the settings that precede this one in the table. */
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

/** The values set by the user. */
export type Given<Table> = { readonly [Name in keyof Table]?: ValueOf<Table[Name]> };
/** The user's values, with the defaults filled in. If a setting has neither a value nor a default, it is undefined. */
export type Resolved<Table> = { readonly [Name in keyof Table]: ResolvedValueOf<Table[Name]> };

/** Formats settings' names and values as the user writes them, either as environment variables or as props. */
export interface Wording<Name extends string> {
  /** For example, `JOB_TIMEOUT` or `jobTimeout`. */
  readonly nameOf: (name: Name) => string;
  /** For example, `JOB_TIMEOUT "46"`. */
  readonly quote: (name: Name) => string;
}

/** A rule about a combination of settings. */
export interface Relation<Table> {
  readonly between: readonly (keyof Table & string)[];
  /** Example settings that break the rule. The reference page shows the resulting error. */
  readonly example: Given<Table>;
  holds(settings: Resolved<Table>, given: Given<Table>): boolean;
  /** Returns one line that says what is wrong, why it matters, and what to do. */
  explain(wording: Wording<keyof Table & string>): string;
}

/** Defines a setting. The compiler checks that the default matches the kind. */
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

/** Marks a setting as having no default. The setting is undefined unless the user sets it. */
export function unset(text: string): DerivedDefault<undefined> {
  return derived(text, () => undefined);
}

export function isDerived(value: unknown): value is DerivedDefault<unknown> {
  return typeof value === 'object' && value !== null && 'derive' in value;
}
