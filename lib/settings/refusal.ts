import type { Kind } from './kinds.ts';

/**
 * One line that says what is wrong with a setting and which values are valid.
 *
 * @param value undefined if the string can't be parsed
 */
export function refusal(name: string, text: string, kind: Kind, value?: unknown): string {
  const culprit = value === undefined ? undefined : kind.culprit?.(value);
  const what = culprit === undefined ? `is "${text}"` : `has "${culprit}" in it`;
  return `${name} ${what}: give ${kind.expected}.`;
}
