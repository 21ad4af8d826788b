import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  startEventSourceMapping,
  type EventSourceMapping,
} from '../../src/event-source-mapping/event-source-mapping.ts';
import { lambdaUnderTest, type LambdaUnderTest } from './lambda-under-test.ts';
import { queuesUnderTest, type QueuesUnderTest, type QueueUnderTest } from './queue-under-test.ts';

let queues: QueuesUnderTest;
let test: LambdaUnderTest;
const mappings: EventSourceMapping[] = [];

beforeAll(async () => {
  [queues, test] = await Promise.all([queuesUnderTest(), lambdaUnderTest()]);
});

afterAll(async () => {
  await Promise.all(mappings.map((mapping) => mapping.end()));
  await test.end();
  await queues.end();
});

async function map(queue: QueueUnderTest, functionName: string): Promise<void> {
  const mapping = await startEventSourceMapping({
    sqs: queues.sqs,
    lambda: test.lambda,
    queueUrl: queue.queueUrl,
    queueArn: queue.queueArn,
    functionName,
    batchSize: 1,
    maximumConcurrency: 2,
    reportBatchItemFailures: true,
    log: () => undefined,
  });
  mappings.push(mapping);
}

describe('a queue behind a real function', () => {
  it('delivers a message again after a kill -9 of the process that handled it', async () => {
    const queue = await queues.create(1);
    const name = await test.define(
      `export const handler = async ({ Records: [record] }) => {
        const count = record.attributes.ApproximateReceiveCount;
        console.log('delivery', count);
        if (count === '1') await new Promise((resolve) => setTimeout(resolve, 60_000));
      };`,
      { timeoutSeconds: 1 },
    );
    await map(queue, name);
    await queue.send('job');
    await test.logged('delivery 1');
    const pid = test.lambda.sandboxes().find((sandbox) => sandbox.state === 'busy')?.pid ?? 0;
    process.kill(pid, 'SIGKILL');
    await test.logged('delivery 2');
    await queue.emptied();
  });

  it('runs one message at a time if the function’s reserved concurrency is 1, although the mapping could deliver two', async () => {
    const queue = await queues.create(30);
    const name = await test.define(
      `import { setTimeout } from 'node:timers/promises';
       export const handler = async ({ Records: [record] }) => {
         const started = Date.now();
         await setTimeout(30);
         console.log(JSON.stringify({ body: record.body, started, ended: Date.now(),
           count: record.attributes.ApproximateReceiveCount }));
       };`,
      { reservedConcurrency: 1 },
    );
    const sent = ['a', 'b', 'c', 'd'];
    for (const body of sent) await queue.send(body);
    await map(queue, name);
    await queue.emptied();
    const lines = await Promise.all(sent.map((body) => test.logged(`"body":"${body}"`)));
    const runs = lines
      .map(
        (line) =>
          JSON.parse(line.slice(line.indexOf('{'))) as { started: number; ended: number; count: string },
      )
      .sort((one, other) => one.started - other.started);

    expect(runs.map(({ count }) => count)).toEqual(['1', '1', '1', '1']);
    for (const [index, { started }] of runs.entries()) {
      expect(started).toBeGreaterThanOrEqual(runs[index - 1]?.ended ?? 0);
    }
  });
});
