import type { SQSClient } from '@aws-sdk/client-sqs';

/** The visibility timeout in milliseconds: the worker's timeout of 46 s plus 10 s. */
export const VISIBILITY_MS = 56_000;

/** The maximum number of receives: small, so that messages reach the dead-letter queue. */
const MAX_RECEIVE_COUNT = 4;

/** The deployment's queues. A deployment may remove the `images` queue, or add it again. */
export const QUEUES = ['default', 'images'] as const;

/** The number of jobs that a worker runs in parallel, and the maximum number of jobs in a message. */
export const BATCH_SIZE = 2;
export const BATCH_SIZES: ReadonlyMap<string, number> = new Map(QUEUES.map((name) => [name, BATCH_SIZE]));

export type QueueName = (typeof QUEUES)[number];

/** The queue for firings. Every deployment has this queue. */
export const FIRINGS = 'firings';

export interface Message {
  readonly id: string;
  readonly queue: string;
  readonly body: string;
  /** The ids of the message's jobs; empty for a firing. */
  readonly jobIds: readonly string[];
  visibleAt: number;
  receives: number;
}

/** An entry of a batch request: a message to send, or a change to a message's visibility. */
interface Entry {
  Id: string;
  MessageBody?: string;
  DelaySeconds?: number;
  ReceiptHandle?: string;
  VisibilityTimeout?: number;
}

/** The inputs of the SQS operations that the adapters use. */
interface Input {
  /** In the model, a queue's URL is its name. */
  QueueUrl?: string;
  MessageBody?: string;
  DelaySeconds?: number;
  Entries?: Entry[];
  ReceiptHandle?: string;
  VisibilityTimeout?: number;
}

/**
 * A model of SQS, with queues and a dead-letter queue. A message's receipt handle never changes, so an older handle still works, as in SQS.
 * Deleting a message with an older handle always succeeds, which is the worst case for a worker that has received the message in the meantime.
 */
export class QueueModel {
  /** The queues that exist. */
  readonly names = new Set<string>(QUEUES);
  /** The messages of all queues. */
  main: Message[] = [];
  dead: Message[] = [];
  #ids = 0;

  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  visible(queue: readonly Message[] = this.main): Message[] {
    return queue.filter(({ visibleAt }) => visibleAt <= this.#now());
  }

  /** Returns the queues' URLs for a function that starts now. */
  urls(): ReadonlyMap<string, string> {
    return new Map([...this.names].map((name) => [name, name]));
  }

  /** Simulates a deployment without the queue, which deletes the queue's messages. */
  removeQueue(name: QueueName): void {
    this.names.delete(name);
    this.main = this.main.filter(({ queue }) => queue !== name);
  }

  /** The messages that wake workers. If a wake-up is lost, the sweeper finds the job. */
  get wakeUps(): Message[] {
    return this.main.filter(({ queue }) => queue !== FIRINGS);
  }

  /** The pending firings in both queues. */
  get firings(): Message[] {
    return [...this.main, ...this.dead].filter(({ queue }) => queue === FIRINGS);
  }

  /** Delivers up to `count` messages. A message that has reached the maximum number of receives moves to the dead-letter queue instead. */
  receive(queue: QueueName | typeof FIRINGS | 'dead', count: number): Message[] {
    const delivered: Message[] = [];
    const messages = queue === 'dead' ? this.dead : this.main.filter((message) => message.queue === queue);
    for (const message of this.visible(messages)) {
      if (delivered.length === count) break;
      message.receives += 1;
      if (queue !== 'dead' && message.receives > MAX_RECEIVE_COUNT) {
        this.remove([message.id]);
        this.dead.push({ ...message, receives: 0, visibleAt: this.#now() });
        continue;
      }
      message.visibleAt = this.#now() + VISIBILITY_MS;
      delivered.push({ ...message });
    }
    return delivered;
  }

  /** Adds a message to a queue. @throws Error if the queue was removed */
  put(queue: string, body: string, delaySeconds: number): void {
    this.#requireQueue(queue);
    this.#ids += 1;
    const visibleAt = this.#now() + delaySeconds * 1000;
    this.main.push({
      id: `message-${this.#ids}`,
      queue,
      body,
      jobIds: jobIdsOf(body),
      visibleAt,
      receives: 0,
    });
  }

  remove(ids: readonly string[]): void {
    this.main = this.main.filter(({ id }) => !ids.includes(id));
    this.dead = this.dead.filter(({ id }) => !ids.includes(id));
  }

  /** Executes one SDK client operation. */
  carryOut(operation: string, input: Input): unknown {
    const { QueueUrl: queue = '' } = input;
    switch (operation) {
      case 'SendMessageCommand':
        this.put(queue, input.MessageBody ?? '', input.DelaySeconds ?? 0);
        return {};
      case 'SendMessageBatchCommand':
        for (const entry of input.Entries ?? [])
          this.put(queue, entry.MessageBody ?? '', entry.DelaySeconds ?? 0);
        return { Failed: [] };
      case 'ChangeMessageVisibilityBatchCommand':
        return {
          Failed: (input.Entries ?? [])
            .filter((entry) => !this.#changeVisibility(entry))
            .map(({ Id }) => ({ Id })),
        };
      case 'GetQueueAttributesCommand':
        this.#requireQueue(queue);
        return {
          Attributes: {
            ApproximateNumberOfMessages: String(
              this.visible().filter((message) => message.queue === queue).length,
            ),
          },
        };
      default:
        throw new Error(`The SQS model does not support ${operation}.`);
    }
  }

  /**
   * Changes a message's visibility timeout.
   *
   * @returns whether the message exists
   */
  #changeVisibility({ ReceiptHandle: handle, VisibilityTimeout: seconds = 0 }: Partial<Entry>): boolean {
    const message = this.main.find(({ id }) => id === handle);
    // After the visibility timeout has passed, SQS accepts the call, but changes nothing.
    if (message && message.visibleAt > this.#now()) message.visibleAt = this.#now() + seconds * 1000;
    return message !== undefined;
  }

  #requireQueue(name: string): void {
    if (name !== FIRINGS && !this.names.has(name)) throw new Error(`QueueDoesNotExist: ${name}`);
  }
}

/** Creates an SQS client for an actor's adapters. Each operation is one of the actor's calls. */
export function queueClient(send: (operation: string, input: Input) => Promise<unknown>): SQSClient {
  const client = {
    send: (command: { constructor: { name: string }; input: Input }) =>
      send(command.constructor.name, command.input),
  };
  return client as unknown as SQSClient;
}

function jobIdsOf(body: string): string[] {
  const { job_id: jobId, also = [] } = JSON.parse(body) as { job_id?: string; also?: string[] };
  return jobId === undefined ? [] : [jobId, ...also];
}
