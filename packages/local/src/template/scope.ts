import type { Template } from './template.ts';

/** A value without intrinsic functions. `undefined` is `AWS::NoValue`: the property is absent. */
export type Resolved =
  string | number | boolean | null | Resolved[] | { [key: string]: Resolved } | undefined;

/** What the intrinsic functions of one template refer to. */
export interface Scope {
  readonly template: Template;
  /** The pseudo parameters: `AWS::Region`, `AWS::AccountId` … */
  readonly pseudoParameters: Readonly<Record<string, string>>;
  /** The `Ref` of a resource that exists by now. Throws if there is none of that name. */
  ref(logicalId: string): string;
  /** An attribute of a resource that exists by now. Throws if it has none of that name. */
  attribute(logicalId: string, name: string): string;
}
