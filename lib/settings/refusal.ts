import type { Kind } from './kinds.ts';

/**
 * One line that says what is wrong with a setting and what to give instead.
 *
 * @param value undefined if the text can't be read at all
 */
export function refusal(name: string, text: string, kind: Kind, value?: unknown): string {
  const culprit = value === undefined ? undefined : kind.culprit?.(value);
  const what = culprit === undefined ? `is "${text}"` : `has "${culprit}" in it`;
  return `${name} ${what}: give ${kind.expected}.`;
}
