import { durationMs } from './duration.ts';
import type { StepEngine } from './engine.ts';
import type { ApprovalOptions } from './step.ts';
import { refusal } from './step-names.ts';

const MAX_QUESTION = 1_000;

/**
 * Implements `step.approvalLink`: creates an approval link, and records its expiry time. The link itself is not stored,
 * because anyone who has the link can answer. Each run of the handler creates the same link again.
 */
export async function approvalLink(
  engine: StepEngine,
  name: string,
  { question, timeout = '3d' }: ApprovalOptions,
): Promise<string> {
  if (typeof question !== 'string' || question.length < 1 || question.length > MAX_QUESTION)
    throw refusal('approvalLink', name, `question must be a string of 1 to ${MAX_QUESTION} characters`);
  const timeoutMs = durationMs('approvalLink', name, 'timeout', timeout);
  return engine.call('approvalLink', name, 'approval', async (call) => {
    const { step, recorded } = call;
    const { job } = engine.attempt;
    if (!recorded) await engine.beforeWork(call);
    const expires_at = new Date(engine.now() + timeoutMs).toISOString();
    const link =
      recorded ??
      (await engine.record({
        step,
        kind: 'approval',
        status: 'success',
        failures: 0,
        dueInMs: timeoutMs,
        detail: { signal: name, question },
        result: { expires_at },
      }));
    const { expires_at: expiresAt } = (await engine.resultOf(link)) as { expires_at: string };
    return engine.fromStore(
      engine.ports.approvalLink({
        jobId: job.jobId,
        tenant: job.tenant,
        step,
        signal: name,
        question,
        expiresAt: new Date(expiresAt),
      }),
    );
  });
}
