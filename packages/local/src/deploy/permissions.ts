import { matches } from '../iam/pattern.ts';

/** A statement of a function's resource policy: who may invoke it, and on behalf of what. */
export interface Permission {
  /**
   * With `:` and the version or alias if it is about that: the policy of a function allows no invocation of a version, nor the reverse
   * (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
   */
  readonly functionName: string;
  /** Such as `apigateway.amazonaws.com`. */
  readonly principal: string;
  /** A pattern of ARNs, in which `*` stands for any characters and `?` for one; `undefined` for all. */
  readonly sourceArn: string | undefined;
}

/** The resource policies of all functions. */
export interface Permissions {
  grant(permission: Permission): void;
  /** Whether a service may invoke a function on behalf of the resource with this ARN. */
  allow(functionName: string, principal: string, sourceArn: string): boolean;
}

export function createPermissions(): Permissions {
  const granted: Permission[] = [];
  return {
    grant(permission) {
      granted.push(permission);
    },
    allow(functionName, principal, sourceArn) {
      return granted.some(
        (permission) =>
          permission.functionName === functionName &&
          permission.principal === principal &&
          (permission.sourceArn === undefined || matches(permission.sourceArn, sourceArn)),
      );
    },
  };
}
