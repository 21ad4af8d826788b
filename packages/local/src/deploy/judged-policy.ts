import { PolicyError } from '../iam/policy.ts';
import type { Resolved } from '../template/scope.ts';
import type { Properties } from './properties.ts';

/**
 * Passes a policy from the template to IAM.
 * @throws DeployError that names the property if the policy is missing, or the embedded IAM can't evaluate it
 */
export function judged(properties: Properties, name: string, hand: (document: Resolved) => void): void {
  const document = properties.values[name];
  if (document === undefined) properties.refuse(name, 'is missing');
  try {
    hand(document);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    properties.refuse(name, error.message);
  }
}
