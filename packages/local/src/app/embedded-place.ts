import type { AppStack } from './app-assembly.ts';

/** The embedded cloud's account and region. Stacks without `env` are deployed to this account and region. */
export const EMBEDDED_PLACE = { region: 'us-east-1', account: '000000000000' };

/**
 * Adapts a value from a stack with `env` to the embedded cloud's account and region. Replaces the stack's account and region wherever the
 * CDK wrote them, for example in ARNs, names, and functions' environment variables.
 */
export function inEmbeddedPlace<Value>(
  value: Value,
  { account, region }: Pick<AppStack, 'account' | 'region'>,
): Value {
  let text = JSON.stringify(value);
  if (account !== undefined) text = text.replaceAll(account, EMBEDDED_PLACE.account);
  // An availability zone's name is its region's name followed by a letter.
  if (region !== undefined)
    text = text.replaceAll(new RegExp(`\\b${region}(?=[a-z]?\\b)`, 'g'), EMBEDDED_PLACE.region);
  return JSON.parse(text) as Value;
}
