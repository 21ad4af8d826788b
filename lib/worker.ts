import { EventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { Database } from './database.ts';
import { ErrandFunction } from './errand-function.ts';
import { bundlePlatform } from './jobs/bundle-platform.ts';
import type { JobsFile } from './jobs/jobs-file.ts';
import type { Messages } from './messages.ts';
import type { ResolvedSettings } from './settings/table.ts';
import type { Uploads } from './uploads.ts';
import type { Webhooks } from './webhooks.ts';

export interface WorkerProps {
  readonly settings: ResolvedSettings;
  readonly database: Database;
  readonly queue: Queue;
  readonly uploads: Uploads;
  /** Undefined if no webhook may be sent. */
  readonly webhooks: Webhooks | undefined;
  /** Undefined if no messages are sent. */
  readonly messages: Messages | undefined;
  /** Undefined in a stack that runs only built-in jobs. */
  readonly jobsFile: JobsFile | undefined;
}

/** The lowest maximum concurrency that AWS accepts for an SQS event source mapping. */
const LEAST_MAXIMUM_CONCURRENCY = 2;

/** Runs jobs: up to `jobBatchSize` in an execution, up to `jobPrefetch` executions at once. */
export class Worker extends Construct {
  readonly function: ErrandFunction;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    super(scope, id);
    const { settings, jobsFile } = props;
    const platform = bundlePlatform(this);
    this.function = new ErrandFunction(this, 'Function', {
      source: 'worker',
      description: 'Runs jobs.',
      timeout: settings.jobTimeout,
      memorySize: settings.jobMemory,
      settings,
      ...(jobsFile && {
        addFiles: (outputDir) => {
          jobsFile.addJobs(outputDir, platform);
        },
      }),
      environment: {
        jobs: jobsFile?.file,
        ...props.database.environment,
        queueUrl: props.queue.queueUrl,
        uploadsBucket: props.uploads.bucketName,
        webhookSecretArn: props.webhooks?.secretArn,
        messagesSecretArn: props.messages?.secretArn,
        messagesPerRunParameter: props.messages?.perRunParameter,
      },
      ...(settings.reserveConcurrency && { reservedConcurrentExecutions: settings.jobPrefetch }),
    });
    props.database.grantStatements(this.function);
    props.uploads.grantRead(this.function);
    if (jobsFile) props.uploads.grantUpload(this.function);
    props.webhooks?.grantKeys(this.function);
    props.messages?.grantSending(this.function);
    props.queue.grant(
      this.function,
      'sqs:ReceiveMessage',
      'sqs:DeleteMessage',
      'sqs:GetQueueAttributes',
      'sqs:ChangeMessageVisibility',
      // For callbacks, which are jobs that report another job's outcome.
      'sqs:SendMessage',
    );
    new EventSourceMapping(this, 'Deliveries', {
      target: this.function,
      eventSourceArn: props.queue.queueArn,
      batchSize: settings.jobBatchSize,
      reportBatchItemFailures: true,
      // Lambda would throttle further deliveries, which come back only after a visibility timeout.
      maxConcurrency: Math.max(LEAST_MAXIMUM_CONCURRENCY, settings.jobPrefetch),
    });
  }
}
