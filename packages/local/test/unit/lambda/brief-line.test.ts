import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BriefLine } from '../../../src/lambda/brief-line.ts';

const LONGEST_MS = 100;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** Enters one after the other; `entered` has the way out of each that has its place, in order. */
function enterInOrder(line: BriefLine, count: number): (() => void)[] {
  const entered: (() => void)[] = [];
  for (let each = 0; each < count; each += 1) void line.enter().then((leave) => entered.push(leave));
  return entered;
}

/** Lets all that is due happen, after some time. */
const later = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe('a brief line', () => {
  it('lets in as many as it has places, and the next when one leaves', async () => {
    const entered = enterInOrder(new BriefLine(2, LONGEST_MS), 3);
    await later(LONGEST_MS - 1);
    expect(entered).toHaveLength(2);
    entered[0]?.();
    await later(0);
    expect(entered).toHaveLength(3);
  });

  it('lets the next in when a place was kept for the longest time', async () => {
    const entered = enterInOrder(new BriefLine(1, LONGEST_MS), 3);
    await later(LONGEST_MS);
    expect(entered).toHaveLength(2);
    await later(LONGEST_MS);
    expect(entered).toHaveLength(3);
  });

  it('has no more places than before when somebody leaves whose time was over', async () => {
    const entered = enterInOrder(new BriefLine(1, LONGEST_MS), 3);
    await later(LONGEST_MS);
    entered[0]?.();
    entered[0]?.();
    await later(0);
    expect(entered).toHaveLength(2);
  });
});
