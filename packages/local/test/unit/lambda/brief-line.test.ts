import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { BriefLine } from '../../../src/lambda/brief-line.ts';

const LONGEST_MS = 100;

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

/** Calls `enter` several times in a row. Returns the `leave` functions of the callers that get a slot, in order. */
function enterInOrder(line: BriefLine, count: number): (() => void)[] {
  const entered: (() => void)[] = [];
  for (let each = 0; each < count; each += 1) void line.enter().then((leave) => entered.push(leave));
  return entered;
}

/** Advances the timers. */
const later = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

describe('a brief line', () => {
  it('admits one caller per slot, and the next when one leaves', async () => {
    const entered = enterInOrder(new BriefLine(2, LONGEST_MS), 3);
    await later(LONGEST_MS - 1);
    expect(entered).toHaveLength(2);
    entered[0]?.();
    await later(0);
    expect(entered).toHaveLength(3);
  });

  it('admits the next caller when a slot has been held for the maximum time', async () => {
    const entered = enterInOrder(new BriefLine(1, LONGEST_MS), 3);
    await later(LONGEST_MS);
    expect(entered).toHaveLength(2);
    await later(LONGEST_MS);
    expect(entered).toHaveLength(3);
  });

  it('gains no slot when a caller leaves whose time has elapsed', async () => {
    const entered = enterInOrder(new BriefLine(1, LONGEST_MS), 3);
    await later(LONGEST_MS);
    entered[0]?.();
    entered[0]?.();
    await later(0);
    expect(entered).toHaveLength(2);
  });
});
