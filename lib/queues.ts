import { Duration } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { ResolvedSettings } from './settings/table.ts';

export interface QueuesProps {
  readonly settings: ResolvedSettings;
  /** The timeout of the function that reads the dead-letter queue. */
  readonly deadLetterTimeout: Duration;
}

/**
 * How often a message is delivered before it goes to the dead-letter queue. High, for a delivery is no attempt:
 * SQS counts the ones that Lambda throttled, that met a live lease, or that found the database still waking.
 * Attempts are counted in the database, which fails a job long before this number; only what never ran gets here.
 * While the database is away, a message takes 100 visibility timeouts, by default an hour and a half, to get here.
 */
const MAX_RECEIVE_COUNT = 100;

/** The wake-up calls of jobs, and those that were delivered too often. */
export class Queues extends Construct {
  readonly main: Queue;
  readonly deadLetter: Queue;

  constructor(scope: Construct, id: string, props: QueuesProps) {
    super(scope, id);
    this.deadLetter = new Queue(this, 'DeadLetter', {
      // Six times the reader's timeout, as AWS advises, so that its own retries stay slow.
      visibilityTimeout: Duration.seconds(props.deadLetterTimeout.toSeconds() * 6),
      // The longest that SQS keeps a message.
      retentionPeriod: Duration.days(14),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
    });
    this.main = new Queue(this, 'Main', {
      visibilityTimeout: props.settings.visibilityTimeout,
      // Shorter than the dead-letter queue's: a message keeps its age when it moves there.
      retentionPeriod: Duration.days(10),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetter, maxReceiveCount: MAX_RECEIVE_COUNT },
    });
  }
}
