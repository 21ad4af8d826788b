import type { Template } from '../template/template.ts';
import type { AppStack } from './app-assembly.ts';

/** Where the embedded cloud is: what it deploys a stack without `env` to. */
export const EMBEDDED_PLACE = { region: 'us-east-1', account: '000000000000' };

/**
 * Moves a stack with `env` to the embedded cloud's account and region, whose names then stand in the template wherever CDK wrote those
 * of `env`: in ARNs, in names, and in the environments of functions.
 */
export function inEmbeddedPlace(stack: AppStack): AppStack {
  const { account, region } = stack;
  let text = JSON.stringify(stack.template);
  if (account !== undefined) text = text.replaceAll(account, EMBEDDED_PLACE.account);
  // A zone's name is that of its region with a letter at its end.
  if (region !== undefined)
    text = text.replaceAll(new RegExp(`\\b${region}(?=[a-z]?\\b)`, 'g'), EMBEDDED_PLACE.region);
  return { ...stack, template: JSON.parse(text) as Template };
}
