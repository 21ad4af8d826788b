import { InvokeCommand } from '@aws-sdk/client-lambda';
import { ExecuteStatementCommand, type SqlParameter } from '@aws-sdk/client-rds-data';
import { GetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { setTimeout as wait } from 'node:timers/promises';
import type { CallCount, Cloud, Sandbox } from './cloud.ts';

/** Returns the number of calls per caller and AWS action since the last reset, as counted by the AWS endpoint. */
export async function awsCalls(cloud: Cloud): Promise<CallCount[]> {
  const response = await fetch(`${cloud.awsEndpointUrl}/_errand/calls`);
  return ((await response.json()) as { calls: CallCount[] }).calls;
}

export async function resetAwsCalls(cloud: Cloud): Promise<void> {
  await fetch(`${cloud.awsEndpointUrl}/_errand/calls`, { method: 'DELETE' });
}

/** Returns one function's AWS call counts by service and action, such as `{'rds-data ExecuteStatement': 2}`. */
export async function callsOf(cloud: Cloud, functionName: string): Promise<Record<string, number>> {
  const calls = (await awsCalls(cloud)).filter(({ caller }) => caller === functionName);
  return Object.fromEntries(calls.map(({ service, action, count }) => [`${service} ${action}`, count]));
}

/**
 * Counts the API function's AWS calls for one request, excluding the update of the activity mark. An instance updates the mark on its first write,
 * and then at most once every 30 s. A request that makes one more update than `updates` is sent again, because the extra update is for the mark or
 * for a rate limit.
 *
 * @param attempts the maximum number of times to send the request
 * @param updates the number of updates that the request itself makes
 */
export async function callsOfMarked(
  cloud: Cloud,
  attempts: number,
  request: (attempt: number) => Promise<unknown>,
  updates = 1,
): Promise<Record<string, number>> {
  for (let attempt = 0; ; attempt += 1) {
    await resetAwsCalls(cloud);
    await request(attempt);
    const calls = await callsOf(cloud, cloud.output('ApiFunctionName'));
    if (calls['dynamodb UpdateItem'] !== updates + 1 || attempt === attempts - 1) return calls;
  }
}

/** Returns a function's sandboxes. */
export async function sandboxesOf(cloud: Cloud, functionName: string): Promise<Sandbox[]> {
  const response = await fetch(`${cloud.awsEndpointUrl}/_errand/sandboxes`);
  const { sandboxes } = (await response.json()) as { sandboxes: Sandbox[] };
  return sandboxes.filter((sandbox) => sandbox.function === functionName);
}

/** Waits until a sandbox of the function is running an invocation, and returns the sandbox. */
export async function busySandbox(cloud: Cloud, functionName: string): Promise<Sandbox> {
  const [busy] = await busySandboxes(cloud, functionName, 1);
  if (!busy) throw new Error(`No sandbox of ${functionName} is busy.`);
  return busy;
}

/** Waits until `count` of a function's sandboxes are running invocations. */
export async function busySandboxes(cloud: Cloud, functionName: string, count: number): Promise<Sandbox[]> {
  for (let round = 0; round < 200; round += 1) {
    const busy = (await sandboxesOf(cloud, functionName)).filter(({ state }) => state === 'busy');
    if (busy.length >= count) return busy;
    await wait(25);
  }
  throw new Error(`Fewer than ${count} sandboxes of ${functionName} are busy.`);
}

/** Invokes a function as an operator would, and returns its result. */
export async function invoke(cloud: Cloud, functionName: string, event: unknown = {}): Promise<unknown> {
  const answer = await cloud.lambda.send(
    new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(JSON.stringify(event)) }),
  );
  const payload: unknown = JSON.parse(Buffer.from(answer.Payload ?? []).toString() || 'null');
  if (answer.FunctionError) throw new Error(`${functionName} failed: ${JSON.stringify(payload)}`);
  return payload;
}

/** Runs SQL through the Data API, and returns rows of strings. */
export async function sql(
  cloud: Pick<Cloud, 'rdsData' | 'output'>,
  text: string,
  parameters: Record<string, string> = {},
): Promise<string[][]> {
  const { records = [] } = await cloud.rdsData.send(
    new ExecuteStatementCommand({
      resourceArn: cloud.output('ClusterArn'),
      secretArn: cloud.output('SecretArn'),
      database: cloud.output('DatabaseName'),
      sql: text,
      parameters: Object.entries(parameters).map(([name, value]): SqlParameter => ({
        name,
        value: { stringValue: value },
      })),
    }),
  );
  return records.map((record) =>
    record.map((field) => field.stringValue ?? String(field.longValue ?? field.booleanValue)),
  );
}

/** Returns the number of messages in a queue, including those that are in flight or delayed. */
export async function messagesIn(cloud: Pick<Cloud, 'sqs'>, queueUrl: string): Promise<number> {
  const { Attributes: counts = {} } = await cloud.sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: queueUrl,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(counts).reduce((sum, count) => sum + Number(count), 0);
}
