import { describe, expect, it } from '@jest/globals';
import { CACHE_SECONDS, createRefusals } from '../../../lambdas/authorizer/refusals.ts';

function setUp() {
  let milliseconds = 0;
  const refusals = createRefusals(() => new Date(milliseconds));
  return {
    mayExplain: (credentials: string) => refusals.mayExplain(credentials),
    pass: (seconds: number) => (milliseconds += seconds * 1000),
  };
}

describe('the refusal of credentials', () => {
  it('is explained once', () => {
    const { mayExplain } = setUp();
    expect(mayExplain('a')).toBe(true);
    expect(mayExplain('a')).toBe(false);
    expect(mayExplain('b')).toBe(true);
  });

  it('is not explained again while a client keeps sending the same credentials', () => {
    const { mayExplain, pass } = setUp();
    expect(mayExplain('a')).toBe(true);
    for (let round = 0; round < 10; round += 1) {
      // Once its cache entry has expired, API Gateway invokes the authorizer again.
      pass(CACHE_SECONDS + 1);
      expect(mayExplain('a')).toBe(false);
    }
  });

  it('is explained to a client that tries again later', () => {
    const { mayExplain, pass } = setUp();
    expect(mayExplain('a')).toBe(true);
    pass(CACHE_SECONDS + 5);
    expect(mayExplain('a')).toBe(true);
  });

  it('is not explained after too many other refusals, until these are forgotten', () => {
    const { mayExplain, pass } = setUp();
    const explained = Array.from({ length: 10_000 }, (_, index) => mayExplain(`rubbish ${index}`));
    expect(explained.filter(Boolean)).toHaveLength(100);
    expect(mayExplain('a')).toBe(false);
    pass(CACHE_SECONDS + 5);
    expect(mayExplain('a')).toBe(true);
  });
});
