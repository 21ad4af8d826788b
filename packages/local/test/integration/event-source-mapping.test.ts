import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { failedMessageIds } from '../../src/event-source-mapping/batch-response.ts';
import {
  startEventSourceMapping,
  type EventSourceMappingProps,
} from '../../src/event-source-mapping/event-source-mapping.ts';
import { FakeFunction, type Run } from './fake-function.ts';
import { queuesUnderTest, type QueuesUnderTest, type QueueUnderTest } from './queue-under-test.ts';

let queues: QueuesUnderTest;
const mappings: { end(): Promise<void> }[] = [];

beforeAll(async () => {
  queues = await queuesUnderTest();
});

afterEach(async () => {
  await Promise.all(mappings.splice(0).map((mapping) => mapping.end()));
});

afterAll(() => queues.end());

async function map(
  lambda: FakeFunction,
  queue: QueueUnderTest,
  props: Partial<EventSourceMappingProps> = {},
) {
  const mapping = await startEventSourceMapping({
    sqs: queues.sqs,
    lambda,
    queueUrl: queue.queueUrl,
    queueArn: queue.queueArn,
    functionName: 'fake',
    batchSize: 1,
    reportBatchItemFailures: true,
    log: () => undefined,
    ...props,
  });
  mappings.push(mapping);
  return mapping;
}

function bodies({ event }: Run): string[] {
  return event.Records.map(({ body }) => body);
}

describe('an event source mapping', () => {
  it('passes messages to the function in AWS’s format, and deletes them when it succeeds', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    await map(lambda, queue);
    await queue.send('test', {
      MessageAttributes: {
        text: { DataType: 'String', StringValue: 'a' },
        bytes: { DataType: 'Binary', BinaryValue: Buffer.from('bc') },
      },
    });
    const { event, answer } = await lambda.run(0);

    expect(event).toEqual({
      Records: [
        {
          messageId: expect.stringMatching(/^[0-9a-f-]{36}$/),
          receiptHandle: expect.any(String),
          body: 'test',
          attributes: {
            ApproximateReceiveCount: '1',
            SentTimestamp: expect.stringMatching(/^\d{13}$/),
            SenderId: expect.any(String),
            ApproximateFirstReceiveTimestamp: expect.stringMatching(/^\d{13}$/),
          },
          messageAttributes: {
            text: { stringValue: 'a', stringListValues: [], binaryListValues: [], dataType: 'String' },
            bytes: { binaryValue: 'YmM=', stringListValues: [], binaryListValues: [], dataType: 'Binary' },
          },
          md5OfBody: '098f6bcd4621d373cade4e832627b4f6',
          md5OfMessageAttributes: expect.stringMatching(/^[0-9a-f]{32}$/),
          eventSource: 'aws:sqs',
          eventSourceARN: queue.queueArn,
          awsRegion: 'us-east-1',
        },
      ],
    });
    answer(null);
    await queue.emptied();
  });

  it('waits for a message in one receive call, which returns as soon as a message is sent', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    const before = queues.receives();
    await map(lambda, queue);
    await queue.send('awaited');
    (await lambda.run(0)).answer(null);
    await queue.emptied();
    expect(queues.receives() - before).toBe(2);
  });

  it('has at most as many in-flight batches as its maximum concurrency', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    for (let message = 0; message < 5; message += 1) await queue.send(String(message));
    await map(lambda, queue, { maximumConcurrency: 2 });
    const inFlight: number[] = [];
    for (let answered = 0; answered < 5; answered += 1) {
      const run = await lambda.run(answered);
      inFlight.push(lambda.runs.length - answered);
      run.answer(null);
    }
    await queue.emptied();
    expect(Math.max(...inFlight)).toBe(2);
  });

  it('passes several messages at once, up to its batch size', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    for (let message = 0; message < 5; message += 1) await queue.send(String(message));
    await map(lambda, queue, { batchSize: 3 });
    const runs = [await lambda.run(0), await lambda.run(1)];
    expect(runs.map(bodies)).toEqual([
      ['0', '1', '2'],
      ['3', '4'],
    ]);
    for (const run of runs) run.answer({ batchItemFailures: [] });
    await queue.emptied();
  });

  it('collects a batch during its batching window', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    await map(lambda, queue, { batchSize: 2, batchingWindowSeconds: 20 });
    await queue.send('early');
    await queue.send('late');
    const run = await lambda.run(0);
    expect(bodies(run)).toEqual(['early', 'late']);
    run.answer(null);
    await queue.emptied();
  });

  it('deletes the successful messages of a batch, and returns the failed ones', async () => {
    const queue = await queues.create(1);
    const lambda = new FakeFunction();
    for (const body of ['good', 'bad', 'fine']) await queue.send(body);
    await map(lambda, queue, { batchSize: 10 });
    const first = await lambda.run(0);
    expect(bodies(first)).toEqual(['good', 'bad', 'fine']);
    first.answer({ batchItemFailures: [{ itemIdentifier: first.event.Records[1]?.messageId }] });

    const second = await lambda.run(1);
    expect(bodies(second)).toEqual(['bad']);
    expect(second.event.Records[0]?.attributes.ApproximateReceiveCount).toBe('2');
    second.answer({ batchItemFailures: [] });
    await queue.emptied();
  });

  it('ignores a partial batch response unless it is configured to expect one', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    await queue.send('one');
    await map(lambda, queue, { reportBatchItemFailures: false });
    const run = await lambda.run(0);
    run.answer({ batchItemFailures: [{ itemIdentifier: run.event.Records[0]?.messageId }] });
    await queue.emptied();
  });

  it('leaves a failed function’s messages until their visibility timeout elapses', async () => {
    const queue = await queues.create(1);
    const lambda = new FakeFunction();
    await queue.send('one');
    await map(lambda, queue);
    const first = await lambda.run(0);
    const failedAt = performance.now();
    first.fail();
    const second = await lambda.run(1);
    expect(performance.now() - failedAt).toBeGreaterThan(700);
    expect(second.event.Records[0]?.attributes.ApproximateReceiveCount).toBe('2');
    second.answer(null);
    await queue.emptied();
  });

  it('retries a throttled batch without receiving it again', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    await queue.send('one');
    await map(lambda, queue);
    (await lambda.run(0)).throttle();
    (await lambda.run(1)).throttle();
    const third = await lambda.run(2);
    expect(third.event.Records[0]?.attributes.ApproximateReceiveCount).toBe('1');
    third.answer(null);
    await queue.emptied();
  });

  it('returns a batch to the queue if it is throttled for its whole visibility timeout', async () => {
    const queue = await queues.create(1);
    const lambda = new FakeFunction();
    lambda.on('run', (run) => {
      const [record] = run.event.Records;
      if (record?.attributes.ApproximateReceiveCount === '1') run.throttle();
      else run.answer(null);
    });
    await queue.send('one');
    const logged: string[] = [];
    await map(lambda, queue, { log: (line) => logged.push(line) });
    await queue.emptied();
    expect(logged).toEqual([expect.stringContaining('was throttled until the visibility timeout ended')]);
    expect(lambda.runs.length).toBeGreaterThan(2);
    expect(lambda.runs.at(-1)?.event.Records[0]?.attributes.ApproximateReceiveCount).toBe('2');
  });

  it('delivers a throttled batch even if it is stopped, as if only the function had been updated', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    const mapping = await map(lambda, queue);
    await queue.send('throttled');
    const first = await lambda.run(0);
    await mapping.end();
    first.throttle();
    const second = await lambda.run(1);
    expect(bodies(second)).toEqual(['throttled']);
    second.answer(null);
    await queue.emptied();
  });

  it('receives nothing after it was stopped', async () => {
    const queue = await queues.create(30);
    const lambda = new FakeFunction();
    const mapping = await map(lambda, queue);
    await queue.send('one');
    (await lambda.run(0)).answer(null);
    await queue.emptied();
    await mapping.end();

    const other = new FakeFunction();
    await queue.send('two');
    await map(other, queue);
    expect(bodies(await other.run(0))).toEqual(['two']);
    expect(lambda.runs).toHaveLength(1);
  });
});

describe('a mapping that Lambda would refuse', () => {
  it('because a message could reappear while it is being processed', async () => {
    const queue = await queues.create(0);
    await expect(map(new FakeFunction(), queue)).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'Queue visibility timeout: 0 seconds is less than Function timeout: 1 seconds',
    });
  });

  it.each([
    [{ batchSize: 0 }, 'BatchSize must be 1 to 10000, got 0'],
    [{ maximumConcurrency: 1 }, 'MaximumConcurrency must be 2 to 1000, got 1'],
    [{ batchSize: 11 }, 'Maximum batch window in seconds must be greater than 0'],
  ])('because of %j', async (props, message) => {
    const queue = await queues.create(30);
    await expect(map(new FakeFunction(), queue, props)).rejects.toThrow(message);
  });
});

describe('the failed messages in a response', () => {
  it.each([
    ['null', []],
    ['""', []],
    ['{}', []],
    ['{"batchItemFailures":null}', []],
    ['{"batchItemFailures":[]}', []],
    ['{"batchItemFailures":[{"itemIdentifier":"b"}]}', ['b']],
    ['{"batchItemFailures":[{"itemIdentifier":"b"},{"itemIdentifier":"a"}]}', ['a', 'b']],
    ['{"batchItemFailures":[{"itemIdentifier":"unknown"}]}', ['a', 'b']],
    ['{"batchItemFailures":[{"itemIdentifier":""}]}', ['a', 'b']],
    ['{"batchItemFailures":[{"itemIdentifier":null}]}', ['a', 'b']],
    ['{"batchItemFailures":[{"itemIdentifier":"a"},{"misspelt":"b"}]}', ['a', 'b']],
    ['{"batchItemFailures":[null]}', ['a', 'b']],
    ['{"batchItemFailures":"a"}', ['a', 'b']],
    ['"done"', ['a', 'b']],
    ['no JSON', ['a', 'b']],
  ])('%s are %j, out of a and b', (payload, failed) => {
    expect([...failedMessageIds(payload, ['a', 'b'])].sort()).toEqual(failed);
  });
});
