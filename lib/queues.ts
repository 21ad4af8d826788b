import { Duration } from 'aws-cdk-lib/core';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { DEFAULT_QUEUE } from '../lambdas/job/definition.ts';
import type { ResolvedQueue } from './queue-options.ts';

export interface QueuesProps {
  readonly queues: readonly ResolvedQueue[];
  /** The timeout of the dead-letter queue's consumer. */
  readonly deadLetterTimeout: Duration;
}

/**
 * How many times a message is delivered before SQS moves it to the dead-letter queue. The number is high because a delivery is not an attempt:
 * SQS also counts deliveries that Lambda throttled, deliveries of jobs that another worker had leased, and deliveries while the database was
 * resuming. The database counts attempts, so a job fails long before this number is reached. Only messages whose jobs never ran end up in the
 * dead-letter queue. If the database stays down, a message gets there after 100 visibility timeouts: an hour and a half by default.
 */
export const MAX_RECEIVE_COUNT = 100;

/**
 * How long a queue keeps a message. The dead-letter queue keeps messages longer, because a message that moves there keeps its age.
 */
export const RETENTION = Duration.days(10);

/**
 * Returns the visibility timeout that AWS recommends: six times the function's timeout, which gives Lambda time to retry a throttled batch
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html).
 */
export function visibilityTimeoutFor(timeout: Duration): Duration {
  return Duration.seconds(timeout.toSeconds() * 6);
}

/** The SQS queues for wake-ups, one per job queue, and the shared dead-letter queue. */
export class Queues extends Construct {
  /** The `default` queue. */
  readonly main: Queue;
  readonly byName: ReadonlyMap<string, Queue>;
  /** The queues' URLs, by name. */
  readonly urls: ReadonlyMap<string, string>;
  /** The environment variables of a function that sends messages. */
  readonly variables: {
    /** The queues' URLs, by name. */
    readonly queueUrls: ReadonlyMap<string, string>;
    /**
     * The number of jobs that one execution runs in parallel, by queue. Omits queues that run one job at a time, because an environment is
     * limited to 4 KB.
     */
    readonly queueBatchSizes: ReadonlyMap<string, number>;
  };
  /** The timeouts of the queues' jobs in seconds, by queue name. */
  readonly timeouts: ReadonlyMap<string, number>;
  /** The dead-letter queue that all queues share. The consumer of this queue looks up a job's own queue in the job's row. */
  readonly deadLetter: Queue;

  constructor(scope: Construct, id: string, props: QueuesProps) {
    super(scope, id);
    this.deadLetter = new Queue(this, 'DeadLetter', {
      visibilityTimeout: visibilityTimeoutFor(props.deadLetterTimeout),
      // The longest retention that SQS allows.
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    this.byName = new Map(props.queues.map((queue) => [queue.name, this.createQueue(queue)]));
    this.urls = new Map([...this.byName].map(([name, { queueUrl }]) => [name, queueUrl]));
    this.variables = {
      queueUrls: this.urls,
      queueBatchSizes: new Map(
        props.queues.filter(({ batchSize }) => batchSize > 1).map(({ name, batchSize }) => [name, batchSize]),
      ),
    };
    this.timeouts = new Map(props.queues.map(({ name, timeout }) => [name, timeout.toSeconds()]));
    this.main = this.named(DEFAULT_QUEUE);
  }

  /** Returns the queue with this name. @throws Error if the queue does not exist */
  named(name: string): Queue {
    const queue = this.byName.get(name);
    if (!queue) throw new Error(`The queue "${name}" does not exist.`);
    return queue;
  }

  /** Allows a function to send messages to every queue. */
  grantSend(grantee: IGrantable): void {
    for (const queue of this.byName.values()) queue.grant(grantee, 'sqs:SendMessage');
  }

  /** Allows a function to send messages to every queue, and to read how many messages are waiting. */
  grantSendAndCount(grantee: IGrantable): void {
    for (const queue of this.byName.values())
      queue.grant(grantee, 'sqs:SendMessage', 'sqs:GetQueueAttributes');
  }

  private createQueue({ name, visibilityTimeout }: ResolvedQueue): Queue {
    // Don't change these ids: an update would replace the queue in a deployed stack and lose its messages.
    const id = name === DEFAULT_QUEUE ? 'Main' : `Queue.${name}`;
    return new Queue(this, id, {
      visibilityTimeout,
      retentionPeriod: RETENTION,
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetter, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
  }
}
