import { createErrand } from 'errand-client';

// A user's Lambda function. The function is deployed with a grant to submit jobs, and needs no other configuration.

const errand = createErrand();

export interface Order {
  readonly orderId: string;
}

export async function handler({ orderId }: Order): Promise<{ jobId: string; status: string }> {
  const run = await errand.submit('sleep', { seconds: 0 }, { objectId: orderId });
  const { status } = await run.wait({ timeoutSeconds: 20 });
  return { jobId: run.jobId, status };
}
