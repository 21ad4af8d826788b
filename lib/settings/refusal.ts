import type { Kind } from './kinds.ts';

/**
 * Describes in one line what is wrong with a setting, and which values are valid.
 *
 * @param value undefined if the string can't be parsed
 */
export function refusal(name: string, text: string, kind: Kind, value?: unknown): string {
  const culprit = value === undefined ? undefined : kind.culprit?.(value);
  const what = culprit === undefined ? `is "${text}"` : `contains "${culprit}"`;
  return `${name} ${what}. Use ${kind.expected}.`;
}
