import { createHash } from 'node:crypto';

/** The account, region and name that a stack's resource names and ARNs are built from. */
export interface StackIdentity {
  readonly stackName: string;
  readonly account: string;
  readonly region: string;
}

/** Returns a stack's pseudo parameters. */
export function pseudoParameters(stack: StackIdentity): Record<string, string> {
  return {
    'AWS::AccountId': stack.account,
    'AWS::Partition': 'aws',
    'AWS::Region': stack.region,
    'AWS::StackId': stackId(stack),
    'AWS::StackName': stack.stackName,
    'AWS::URLSuffix': 'amazonaws.com',
  };
}

/** Returns the stack's ARN. The ARN's last part is derived from the stack's name, so that the ARN stays the same after a restart. */
export function stackId(stack: StackIdentity): string {
  const hash = hexHash(stack.stackName, 32);
  const uuid = hash.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return arn(stack, 'cloudformation', `stack/${stack.stackName}/${uuid}`);
}

/** Returns an ARN in the stack's account and region. */
export function arn(
  stack: Pick<StackIdentity, 'account' | 'region'>,
  service: string,
  resource: string,
): string {
  return `arn:aws:${service}:${stack.region}:${stack.account}:${resource}`;
}

/**
 * Returns a resource's physical name, `Stack-LogicalId`. Unlike CloudFormation's names, the name has no random suffix, so a restart finds the last
 * run's resources. If the name is longer than `maxLength` characters, it is truncated and ends in a hash of the whole name.
 */
export function physicalName(stack: StackIdentity, logicalId: string, maxLength: number): string {
  const name = `${stack.stackName}-${logicalId}`;
  if (name.length <= maxLength) return name;
  const hash = hexHash(name, 8);
  return `${name.slice(0, maxLength - hash.length - 1)}-${hash}`;
}

/** Returns an identifier like those that AWS generates, such as an API ID. The identifier has `length` hexadecimal digits. */
export function physicalId(stack: StackIdentity, logicalId: string, length: number): string {
  return hexHash(`${stack.stackName}/${logicalId}`, length);
}

function hexHash(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length);
}
