/** The default qualifier, which selects a function's unpublished version. */
export const LATEST = '$LATEST';

/** A function, optionally with a version or alias. */
export interface FunctionReference {
  readonly name: string;
  /** A version number, an alias, or `$LATEST`; undefined if omitted. */
  readonly qualifier: string | undefined;
}

const REFERENCE = /^(?:arn:[^:]+:lambda:[^:]+:)?(?:\d{12}:)?(?:function:)?([\w-]+)(?::([\w$-]+))?$/;

/**
 * Parses a function's name, ARN or partial ARN (`account:function:name`), each with or without a qualifier.
 *
 * @returns undefined for anything else
 */
export function readFunctionReference(text: string): FunctionReference | undefined {
  const [, name, qualifier] = REFERENCE.exec(text) ?? [];
  return name === undefined ? undefined : { name, qualifier };
}

/** Returns `name:qualifier`, or only the name if there is no qualifier. A function's ARN ends with this string. */
export function qualifiedName(name: string, qualifier: string | undefined): string {
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}
