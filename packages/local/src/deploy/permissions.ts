import { matches } from '../iam/pattern.ts';

/** A statement in a function's resource policy, which allows a service to invoke the function on behalf of certain resources. */
export interface Permission {
  /**
   * The function's name, followed by `:` and the version or alias if the statement applies only to that version or alias. Permission on a function
   * does not
   * include its versions, and permission on a version does not include the function
   * (https://docs.aws.amazon.com/lambda/latest/api/API_AddPermission.html).
   */
  readonly functionName: string;
  /** The AWS service, such as `apigateway.amazonaws.com`. */
  readonly principal: string;
  /** An ARN pattern, in which `*` matches any characters and `?` matches one character; `undefined` allows all ARNs. */
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
