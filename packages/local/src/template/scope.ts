import type { Template } from './template.ts';

/** A value without intrinsic functions. `undefined` stands for `AWS::NoValue`: the property is absent. */
export type Resolved =
  string | number | boolean | null | Resolved[] | { [key: string]: Resolved } | undefined;

/** The values that a template's intrinsic functions refer to. */
export interface Scope {
  readonly template: Template;
  /** The pseudo parameters, such as `AWS::Region` and `AWS::AccountId`. */
  readonly pseudoParameters: Readonly<Record<string, string>>;
  /** Returns the value of a `Ref` to a created resource. @throws if the resource does not exist */
  ref(logicalId: string): string;
  /** Returns an attribute of a created resource. @throws if the resource does not have the attribute */
  attribute(logicalId: string, name: string): string;
}
