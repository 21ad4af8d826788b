import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
  type ReceiveMessageCommandInput,
} from '@aws-sdk/client-sqs';
import { clientOf, uniqueName, type World } from '../world.ts';

/** Creates a queue, and returns functions that call SQS for this queue. */
export async function queueIn(world: World, attributes: Record<string, string> = {}) {
  const sqs = clientOf(world, SQSClient);
  const { QueueUrl } = await sqs.send(
    new CreateQueueCommand({ QueueName: uniqueName('queue'), Attributes: attributes }),
  );
  const read = async (...names: string[]): Promise<Record<string, string>> => {
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: names as ['All'] });
    return (await sqs.send(command)).Attributes ?? {};
  };
  return {
    sqs,
    QueueUrl,
    read,
    send: (MessageBody: string) => sqs.send(new SendMessageCommand({ QueueUrl, MessageBody })),
    receive: async (more: Partial<ReceiveMessageCommandInput> = {}) => {
      const command = new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, ...more });
      return (await sqs.send(command)).Messages ?? [];
    },
  };
}

/** Returns a response's members, excluding the members that the SDK adds. */
export function membersOf(response: { $metadata: unknown }): string[] {
  return Object.entries(response).flatMap(([name, value]) =>
    name === '$metadata' || value === undefined ? [] : [name],
  );
}
