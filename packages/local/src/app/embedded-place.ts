import type { AppStack } from './app-assembly.ts';

/** Where the embedded cloud is: what it deploys a stack without `env` to. */
export const EMBEDDED_PLACE = { region: 'us-east-1', account: '000000000000' };

/**
 * Moves a value of a stack with `env` to the embedded cloud's account and region: their names then stand wherever the CDK wrote those of
 * `env`, such as in ARNs, in names, and in the environments of functions.
 */
export function inEmbeddedPlace<Value>(
  value: Value,
  { account, region }: Pick<AppStack, 'account' | 'region'>,
): Value {
  let text = JSON.stringify(value);
  if (account !== undefined) text = text.replaceAll(account, EMBEDDED_PLACE.account);
  // A zone's name is that of its region with a letter at its end.
  if (region !== undefined)
    text = text.replaceAll(new RegExp(`\\b${region}(?=[a-z]?\\b)`, 'g'), EMBEDDED_PLACE.region);
  return JSON.parse(text) as Value;
}
