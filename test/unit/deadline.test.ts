import { describe, expect, it } from '@jest/globals';
import { remainingTimeOf } from '../../lambdas/deadline.ts';

/** Returns a context like Lambda's, which computes the remaining time from the current time. */
function contextThatEndsAt(deadline: number, now: () => number) {
  return { getRemainingTimeInMillis: () => deadline - now() };
}

describe("an invocation's remaining time", () => {
  it.each([-60_000, 60_000])('does not change when the clock is moved by %d ms', (jump) => {
    let now = 1_000_000;
    const context = contextThatEndsAt(now + 5_000, () => now);
    const remainingMs = remainingTimeOf(context);
    now += jump;
    expect(remainingMs()).toBeGreaterThan(4_000);
    expect(remainingMs()).toBeLessThanOrEqual(5_000);
    expect(context.getRemainingTimeInMillis()).toBe(5_000 - jump);
  });

  it('decreases', async () => {
    const remainingMs = remainingTimeOf(contextThatEndsAt(5_000, () => 0));
    const before = remainingMs();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(remainingMs()).toBeLessThan(before);
  });
});
