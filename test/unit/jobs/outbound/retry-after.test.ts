import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from '../../../../lambdas/jobs/outbound/answer.ts';

const NOW = new Date('2026-11-22T08:00:00.500Z');

describe('Retry-After', () => {
  it.each([
    ['0', 0],
    ['120', 120_000],
    [' 7 ', 7_000],
    ['Sun, 22 Nov 2026 08:02:00 GMT', 119_500],
    ['Sun, 22 Nov 2026 07:00:00 GMT', 0],
  ])('%p is %p ms', (header, milliseconds) => {
    expect(retryAfterMs(header, NOW)).toBe(milliseconds);
  });

  it.each([
    undefined,
    '',
    '-1',
    '1.5',
    '1e3',
    'soon',
    '2026-11-22T08:02:00Z',
    'Sun Nov 22 08:02:00 2026',
    'Sun, 99 Nov 2026 08:02:00 GMT',
  ])('%p is ignored', (header) => {
    expect(retryAfterMs(header, NOW)).toBeUndefined();
  });
});
