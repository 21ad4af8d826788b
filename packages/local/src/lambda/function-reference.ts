/** The qualifier of a function's unpublished code, which runs if no qualifier is given. */
export const LATEST = '$LATEST';

/** A function, and optionally a version or alias of it. */
export interface FunctionReference {
  readonly name: string;
  /** A version's number, an alias, or `$LATEST`; undefined if none is given. */
  readonly qualifier: string | undefined;
}

const REFERENCE = /^(?:arn:[^:]+:lambda:[^:]+:)?(?:\d{12}:)?(?:function:)?([\w-]+)(?::([\w$-]+))?$/;

/**
 * Reads a function's name, ARN or partial ARN (`account:function:name`), each with or without a qualifier.
 *
 * @returns undefined for anything else
 */
export function readFunctionReference(text: string): FunctionReference | undefined {
  const [, name, qualifier] = REFERENCE.exec(text) ?? [];
  return name === undefined ? undefined : { name, qualifier };
}

/** `name:qualifier`, or only the name: the end of the ARN. */
export function qualifiedName(name: string, qualifier: string | undefined): string {
  return qualifier === undefined ? name : `${name}:${qualifier}`;
}
