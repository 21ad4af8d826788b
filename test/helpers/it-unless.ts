import { it } from '@jest/globals';
import { hasGap, type GapName } from './gaps.ts';

/** Like `it`, but if the target has the gap, the test is skipped and the gap's name is appended to the test's name. */
export function itUnless(
  gap: GapName,
): (title: string, test: () => Promise<void>, timeoutMs?: number) => void {
  return (title, test, timeoutMs) => {
    if (hasGap(gap)) it.skip(`${title} [gap: ${gap}]`, test);
    else it(title, test, timeoutMs);
  };
}
