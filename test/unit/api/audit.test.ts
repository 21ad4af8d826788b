import { describe, expect, it } from '@jest/globals';
import { operations } from '../../../lambdas/api/operations.ts';
import { AUDIT_ACTIONS } from '../../../lambdas/job/audit.ts';

describe('an operation', () => {
  it.each(operations.filter(({ method }) => method !== 'GET'))(
    '$id that is not a GET has an audit action, or a reason for having none',
    ({ audit, docs }) => {
      const reason = docs === false ? undefined : docs.unaudited;
      expect([audit, reason].filter((each) => each !== undefined)).toHaveLength(1);
    },
  );

  it('that is a GET has no audit action', () => {
    const audited = operations.filter(({ method, audit }) => method === 'GET' && audit !== undefined);
    expect(audited.map(({ id }) => id)).toEqual([]);
  });

  it('has every audit action, except replacements by a submission, deletions by a bulk job, and changes that Errand itself undoes', () => {
    const named = new Set<string | undefined>(operations.map(({ audit }) => audit));
    expect(AUDIT_ACTIONS.filter((action) => !named.has(action))).toEqual([
      'job.delete',
      'job.replace',
      'schedule.revert',
    ]);
  });
});
