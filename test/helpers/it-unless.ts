import { it } from '@jest/globals';
import { hasGap, type GapName } from './gaps.ts';

/** `it`, unless the target has the gap: then the test is skipped, and its name ends with the gap's. */
export function itUnless(
  gap: GapName,
): (title: string, test: () => Promise<void>, timeoutMs?: number) => void {
  return (title, test, timeoutMs) => {
    if (hasGap(gap)) it.skip(`${title} [gap: ${gap}]`, test);
    else it(title, test, timeoutMs);
  };
}
