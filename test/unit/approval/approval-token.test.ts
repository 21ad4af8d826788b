import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  approvalToken,
  createApprovalLinks,
  readApprovalToken,
  type Approvable,
} from '../../../lambdas/approval/approval-token.ts';

const KEY = Buffer.alloc(32, 1);

const approvables = fc.record({
  jobId: fc.uuid(),
  step: fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}(#[1-9]\d{0,3})?$/),
  expiresAt: fc.nat(8_640_000_000_000).map((seconds) => new Date(seconds * 1000)),
});

const approvable: Approvable = {
  jobId: '0192f3a0-7c1e-7000-8000-000000000000',
  step: 'approve#2',
  expiresAt: new Date('2030-01-31T12:00:00Z'),
};

describe('an approval token', () => {
  it('contains the job, the step and the end', () => {
    fc.assert(
      fc.property(approvables, (given) => {
        const token = approvalToken(KEY, given);
        expect(token).toMatch(/^[A-Za-z0-9_-]{74,300}$/);
        expect(readApprovalToken(KEY, token)).toEqual(given);
      }),
    );
  });

  it('is refused if any byte was changed, added or removed', () => {
    const bytes = Buffer.from(approvalToken(KEY, approvable), 'base64url');
    for (const at of bytes.keys()) {
      const forged = Buffer.from(bytes);
      forged.writeUInt8((forged[at] ?? 0) ^ 1, at);
      expect([at, readApprovalToken(KEY, forged.toString('base64url'))]).toEqual([at, undefined]);
      const shorter = bytes.subarray(0, at).toString('base64url');
      expect([at, readApprovalToken(KEY, shorter)]).toEqual([at, undefined]);
    }
    const longer = Buffer.concat([bytes, Buffer.from('x')]).toString('base64url');
    expect(readApprovalToken(KEY, longer)).toBeUndefined();
  });

  it('is refused in another encoding of the same bytes', () => {
    const token = approvalToken(KEY, approvable);
    const bytes = Buffer.from(token, 'base64url');
    for (const spelled of [bytes.toString('base64'), `${token}=`, `${token} `, `${token}%`]) {
      expect(readApprovalToken(KEY, spelled)).toBeUndefined();
    }
  });

  it('is refused if another deployment signed it', () => {
    expect(readApprovalToken(Buffer.alloc(32, 2), approvalToken(KEY, approvable))).toBeUndefined();
  });
});

describe('an approval link', () => {
  const approvalKey = () => Promise.resolve(KEY);

  it.each(['https://jobs.example.com', 'https://jobs.example.com/', 'https://example.com/jobs'])(
    'is below the URL %s',
    async (url) => {
      const link = await createApprovalLinks({ url, approvalKey })(approvable);
      expect(link).toBe(`${url.replace(/\/$/, '')}/approvals/${approvalToken(KEY, approvable)}`);
    },
  );

  it('needs a URL', async () => {
    const links = createApprovalLinks({ url: undefined, approvalKey });
    await expect(links(approvable)).rejects.toThrow('set APPROVALS_URL to the URL of its API');
  });
});
