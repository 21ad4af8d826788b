import { describe, expect, it } from '@jest/globals';
import { Duration } from 'aws-cdk-lib/core';
import { resolveSettings } from '../../lib/settings/read-settings.ts';
import { problemsOf } from './setting-problems.ts';

describe('settings given as properties', () => {
  it('have the same limits, and errors use the property names', () => {
    const problems = problemsOf(() =>
      resolveSettings({
        jobTimeout: Duration.minutes(16),
        dedupWindow: Duration.millis(1500),
        auroraMinAcu: 9,
        auth: 'none',
      }),
    );
    expect(problems.slice(0, 2)).toEqual([
      'jobTimeout is "960". Use a whole number of seconds from 1 to 900.',
      'dedupWindow is "1.5". Use a whole number of seconds from 1 to 86400.',
    ]);
    expect(problems[2]).toMatch(/^auroraMinAcu "9" is more than auroraMaxAcu "4": lower auroraMinAcu/);
    expect(problems[3]).toMatch(
      /^auth "none" .* Set auth to api-key, iam or jwt, or set allowUnauthenticated to true/,
    );
    expect(problems).toHaveLength(4);
  });

  it('can be left undefined', () => {
    const untyped = { jobTimeout: undefined } as object;
    expect(resolveSettings(untyped).jobTimeout.toSeconds()).toBe(46);
  });
});
