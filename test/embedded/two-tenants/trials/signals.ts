import { expect } from '@jest/globals';
import type { Schema } from 'errand-client';
import type { JobView } from '../../../helpers/api-client.ts';
import type { Trial } from '../side-effects.ts';
import { askingJob } from '../world.ts';

/** Returns the path of the job's approval link. */
const linkOf = ({ progress }: JobView): string => new URL(progress?.note ?? '').pathname;

export const SIGNALS: Trial = {
  title: 'signals, approval links, steps and children are accessible only to their job’s own tenant',
  async attack(attacker, { victim }) {
    const { askingJobId: theirs } = victim;
    const own = await askingJob(attacker, 'Go on?');
    const { job_id: jobId } = own;
    for (const [method, path] of [
      ['POST', 'signals/answer'],
      ['GET', 'steps'],
      ['GET', 'children'],
    ] as const) {
      const { status, body } = await attacker.call(method, `/v1/jobs/${theirs}/${path}`);
      expect([path, status, body]).toMatchObject([path, 404, { job_id: theirs }]);
    }
    const childrenOf = (id: string) => attacker.get<Schema<'JobPage'>>(`/v1/jobs?parent_job_id=${id}`);
    expect((await childrenOf(theirs)).items).toEqual([]);
    expect((await childrenOf(jobId)).items).toMatchObject([{ type: 'sleep', parent_job_id: jobId }]);

    const link = linkOf(own);
    const idOf = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');
    const token = Buffer.from(link.slice('/approvals/'.length), 'base64url');
    const at = token.indexOf(idOf(jobId));
    expect(at).toBeGreaterThan(0);
    idOf(theirs).copy(token, at);
    const forged = `/approvals/${token.toString('base64url')}`;
    expect(await attacker.call('GET', forged)).toMatchObject({ status: 404 });
    expect(await attacker.call('POST', `${forged}?answer=approve`)).toMatchObject({ status: 404 });

    // Signal names and keys are scoped to a job.
    const signal = { key: 'approval', payload: { approved: false } };
    expect(await attacker.post(`/v1/jobs/${jobId}/signals/other`, signal)).toMatchObject({
      deduplicated: false,
    });
    expect(await attacker.call('POST', `${link}?answer=approve`)).toMatchObject({ status: 200 });
    expect(await attacker.ended(jobId)).toMatchObject({ status: 'success', result: { approved: true } });
  },
};
