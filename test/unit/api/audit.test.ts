import { describe, expect, it } from '@jest/globals';
import { operations } from '../../../lambdas/api/operations.ts';
import { AUDIT_ACTIONS } from '../../../lambdas/job/audit.ts';

describe('an operation', () => {
  it.each(operations.filter(({ method }) => method !== 'GET'))(
    '$id that is more than a GET has a name in the audit, or a reason for having none',
    ({ audit, docs }) => {
      const reason = docs === false ? undefined : docs.unaudited;
      expect([audit, reason].filter((each) => each !== undefined)).toHaveLength(1);
    },
  );

  it('that is a GET has no name in the audit', () => {
    const audited = operations.filter(({ method, audit }) => method === 'GET' && audit !== undefined);
    expect(audited.map(({ id }) => id)).toEqual([]);
  });

  it('has every action of the audit, except for what a submission replaces, what a bulk job deletes and what Errand itself undoes', () => {
    const named = new Set<string | undefined>(operations.map(({ audit }) => audit));
    expect(AUDIT_ACTIONS.filter((action) => !named.has(action))).toEqual([
      'job.delete',
      'job.replace',
      'schedule.revert',
    ]);
  });
});
