import {
  GetQueueUrlCommand,
  SendMessageCommand,
  type MessageAttributeValue,
  type SendMessageCommandInput,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import { publishNothing, type PublishMetric } from '../cloudwatch/aws-metrics.ts';
import type { Iam } from '../iam/iam.ts';
import type { SchedulerClock } from './clock.ts';
import { SEND_MESSAGE_TARGET, type Schedule } from './schedule.ts';

/** Checks the schedules' roles. */
export interface SchedulerRoles {
  /** Whether EventBridge Scheduler may assume the role. */
  mayAssume(roleArn: string): boolean;
  /** Returns AWS's access denied message if the role lacks a permission, or undefined if it has the permission. */
  denial(roleArn: string, action: string, resource: string): string | undefined;
}

export function schedulerRoles(iam: Iam): SchedulerRoles {
  return {
    mayAssume: (roleArn) => iam.mayAssume('scheduler.amazonaws.com', roleArn),
    denial: (roleArn, action, resource) =>
      iam.denial(iam.sessionOf(roleArn, 'scheduler'), [{ action, resource }]),
  };
}

/** The dependencies for delivering firings. */
export interface DeliveryPorts {
  readonly lambda: { invokeAsync(functionName: string, event: string): unknown };
  readonly sqs: SQSClient;
  readonly roles: SchedulerRoles;
  readonly clock: SchedulerClock;
  readonly log: (line: string) => void;
  /** Publishes EventBridge Scheduler's metrics. @default - they are discarded */
  readonly publish?: PublishMetric;
}

/** The defaults of AWS's retry policy: 185 retries within a day. */
const DEFAULT_RETRIES = 185;
const DEFAULT_AGE_SECONDS = 86_400;

/** The delay before a delivery's first retry, in milliseconds. The delay doubles with each further retry, up to the maximum. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Delivers a firing to the schedule's target, and retries according to the target's retry policy. If all attempts fail, sends the firing to
 * the target's dead-letter queue, if any. If `signal` is aborted, stops early and returns false.
 */
export async function deliver(
  schedule: Schedule,
  scheduledTime: number,
  signal: AbortSignal,
  ports: DeliveryPorts,
): Promise<boolean> {
  const { clock, log, publish = publishNothing } = ports;
  // Metrics: https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html
  const dimensions = [{ ScheduleGroup: schedule.GroupName }];
  const { Target: target, Name: name } = schedule;
  const { RetryPolicy: policy = {}, DeadLetterConfig: deadLetters } = target;
  const {
    MaximumRetryAttempts: retries = DEFAULT_RETRIES,
    MaximumEventAgeInSeconds: age = DEFAULT_AGE_SECONDS,
  } = policy;
  const giveUpAt = clock.now() + age * 1000;
  const executionId = randomUUID();
  for (let attempt = 1; !signal.aborted; attempt += 1) {
    const input = withContext(schedule, { scheduledTime, executionId, attempt });
    let failure: unknown;
    publish('AWS/Scheduler InvocationAttemptCount', dimensions, 1);
    try {
      await send(schedule, input, ports);
      return true;
    } catch (error) {
      failure = error;
      publish('AWS/Scheduler TargetErrorCount', dimensions, 1);
      log(`scheduler: ${name} could not reach ${target.Arn} (attempt ${attempt}): ${String(error)}`);
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    const condition = attempt > retries ? 'MaximumRetryAttempts' : 'MaximumEventAgeInSeconds';
    if (attempt > retries || clock.now() + pauseMs > giveUpAt) {
      publish('AWS/Scheduler InvocationDroppedCount', dimensions, 1);
      if (deadLetters?.Arn) {
        const attributes = deadLetterAttributes(schedule, failure, {
          EXECUTION_ID: executionId,
          EXHAUSTED_RETRY_CONDITION: condition,
          RETRY_ATTEMPTS: String(attempt - 1),
          SCHEDULED_TIME: toText(scheduledTime),
        });
        try {
          await sendToQueue(deadLetters.Arn, target.RoleArn, ports, input, attributes);
          publish('AWS/Scheduler InvocationsSentToDeadLetterCount', dimensions, 1);
        } catch (error) {
          publish('AWS/Scheduler InvocationsFailedToBeSentToDeadLetterCount', dimensions, 1);
          log(`scheduler: ${name} could not reach its dead-letter queue: ${String(error)}`);
        }
      }
      return true;
    }
    await pause(pauseMs, signal, clock);
  }
  return false;
}

/** Returns the target's input, with EventBridge Scheduler's context attributes replaced by their values. Times are in whole seconds. */
function withContext(
  { Arn: arn, Target: { Input: input = '{}' } }: Schedule,
  { scheduledTime, executionId, attempt }: { scheduledTime: number; executionId: string; attempt: number },
): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll('<aws.scheduler.scheduled-time>', toText(scheduledTime))
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
}

/** Formats a time, in milliseconds since the epoch, as an ISO 8601 string without fractional seconds. */
function toText(moment: number): string {
  return new Date(moment).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Returns the message attributes that AWS adds to an undeliverable firing. */
function deadLetterAttributes(
  { Arn: arn, Target: { Arn: targetArn } }: Schedule,
  failure: unknown,
  more: Readonly<Record<string, string>>,
): Record<string, MessageAttributeValue> {
  const { name, message } = failure instanceof Error ? failure : { name: 'Error', message: String(failure) };
  const texts = { ERROR_CODE: name, ERROR_MESSAGE: message, IS_PAYLOAD_TRUNCATED: 'false' };
  return Object.fromEntries(
    Object.entries({ ...texts, SCHEDULE_ARN: arn, TARGET_ARN: targetArn, ...more }).map(([key, text]) => [
      key,
      { DataType: 'String', StringValue: text },
    ]),
  );
}

/** @throws Error if the role lacks the permission, or the target returns an error */
async function send(schedule: Schedule, input: string, ports: DeliveryPorts): Promise<void> {
  const { Arn: arn, RoleArn: roleArn } = schedule.Target;
  if (arn === SEND_MESSAGE_TARGET) {
    const request = JSON.parse(input) as SendMessageCommandInput;
    requireAllowed(ports, roleArn, 'sqs:SendMessage', queueArn(schedule, request.QueueUrl ?? ''));
    await ports.sqs.send(new SendMessageCommand(request));
  } else if (arn.startsWith('arn:aws:lambda:')) {
    requireAllowed(ports, roleArn, 'lambda:InvokeFunction', arn);
    // The function's name, including the version or alias if the ARN has one.
    ports.lambda.invokeAsync(arn.split(':').slice(6).join(':'), input);
  } else {
    await sendToQueue(arn, roleArn, ports, input);
  }
}

async function sendToQueue(
  arn: string,
  roleArn: string,
  ports: DeliveryPorts,
  body: string,
  attributes?: Record<string, MessageAttributeValue>,
): Promise<void> {
  requireAllowed(ports, roleArn, 'sqs:SendMessage', arn);
  const { QueueUrl } = await ports.sqs.send(new GetQueueUrlCommand({ QueueName: arn.split(':').at(-1) }));
  await ports.sqs.send(
    new SendMessageCommand({
      QueueUrl,
      MessageBody: body,
      ...(attributes && { MessageAttributes: attributes }),
    }),
  );
}

function requireAllowed({ roles }: DeliveryPorts, roleArn: string, action: string, resource: string): void {
  const denial = roles.denial(roleArn, action, resource);
  if (denial !== undefined) throw new Error(denial);
}

/** Returns the ARN of a queue in the schedule's region and account. */
function queueArn({ Arn: scheduleArn }: Schedule, queueUrl: string): string {
  const [, , , region = '', account = ''] = scheduleArn.split(':');
  return `arn:aws:sqs:${region}:${account}:${queueUrl.split('/').at(-1) ?? ''}`;
}

function pause(milliseconds: number, signal: AbortSignal, clock: SchedulerClock): Promise<void> {
  return new Promise((resolve) => {
    const cancel = clock.after(milliseconds, resolve);
    signal.addEventListener('abort', () => {
      cancel();
      resolve();
    });
  });
}
