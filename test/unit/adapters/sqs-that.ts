import type { SQSClient } from '@aws-sdk/client-sqs';

export interface Command {
  constructor: { name: string };
  input: Record<string, unknown> & { Entries?: { Id: string }[] };
}

/** Creates an SQS client that returns the test's responses, and records its requests. */
export function sqsThat(answer: (command: Command) => unknown = () => ({})) {
  const sent: Command[] = [];
  const client = {
    send(command: Command) {
      sent.push(command);
      return Promise.resolve().then(() => answer(command));
    },
  } as unknown as SQSClient;
  return { client, sent };
}

export const fail = (): never => {
  throw new Error('SQS is gone.');
};
