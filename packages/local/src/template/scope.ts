import type { Template } from './template.ts';

/** A value without intrinsic functions. `undefined` is `AWS::NoValue`: the property is absent. */
export type Resolved =
  string | number | boolean | null | Resolved[] | { [key: string]: Resolved } | undefined;

/** The values to which a template's intrinsic functions refer. */
export interface Scope {
  readonly template: Template;
  /** The pseudo parameters: `AWS::Region`, `AWS::AccountId` … */
  readonly pseudoParameters: Readonly<Record<string, string>>;
  /** The `Ref` of a resource that has been created. Throws if there is no such resource. */
  ref(logicalId: string): string;
  /** An attribute of a resource that has been created. Throws if the resource has no such attribute. */
  attribute(logicalId: string, name: string): string;
}
