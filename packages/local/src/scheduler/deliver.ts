import { GetQueueUrlCommand, SendMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { randomUUID } from 'node:crypto';
import type { SchedulerClock } from './clock.ts';
import type { Schedule } from './schedule.ts';

/** The roles that schedules act with. */
export interface SchedulerRoles {
  /** Whether EventBridge Scheduler may take the role on. */
  mayAssume(roleArn: string): boolean;
  /** Why the role may not do something, in AWS's words; undefined if it may. */
  denial(roleArn: string, action: string, resource: string): string | undefined;
}

/** What a delivery needs of the cloud around it. */
export interface DeliveryPorts {
  readonly lambda: { invokeAsync(functionName: string, event: string): unknown };
  readonly sqs: SQSClient;
  readonly roles: SchedulerRoles;
  readonly clock: SchedulerClock;
  readonly log: (line: string) => void;
}

/** AWS's own defaults. */
const DEFAULT_RETRIES = 185;
const DEFAULT_AGE_SECONDS = 86_400;

/** Before the first repetition of a delivery, in milliseconds; doubled before each further one, up to the longest. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;

/**
 * Brings a firing to its target, again and again as its retry policy says, and then to its dead-letter queue. Ends early,
 * and returns false, when `signal` fires.
 */
export async function deliver(
  schedule: Schedule,
  scheduledTime: number,
  signal: AbortSignal,
  ports: DeliveryPorts,
): Promise<boolean> {
  const { clock, log } = ports;
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
    try {
      await send(target.Arn, input, target.RoleArn, ports);
      return true;
    } catch (error) {
      log(`scheduler: ${name} could not reach ${target.Arn} (attempt ${attempt}): ${String(error)}`);
    }
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
    if (attempt > retries || clock.now() + pauseMs > giveUpAt) {
      if (deadLetters?.Arn)
        await send(deadLetters.Arn, input, target.RoleArn, ports).catch((error: unknown) => {
          log(`scheduler: ${name} could not reach its dead-letter queue: ${String(error)}`);
        });
      return true;
    }
    await pause(pauseMs, signal, clock);
  }
  return false;
}

/** The target's input with EventBridge Scheduler's context attributes filled in. Times are in whole seconds. */
function withContext(
  { Arn: arn, Target: { Input: input = '{}' } }: Schedule,
  { scheduledTime, executionId, attempt }: { scheduledTime: number; executionId: string; attempt: number },
): string {
  return input
    .replaceAll('<aws.scheduler.schedule-arn>', arn)
    .replaceAll(
      '<aws.scheduler.scheduled-time>',
      new Date(scheduledTime).toISOString().replace(/\.\d+Z$/, 'Z'),
    )
    .replaceAll('<aws.scheduler.execution-id>', executionId)
    .replaceAll('<aws.scheduler.attempt-number>', String(attempt));
}

async function send(
  arn: string,
  input: string,
  roleArn: string,
  { lambda, sqs, roles }: DeliveryPorts,
): Promise<void> {
  const name = arn.split(':').at(-1) ?? '';
  const isFunction = arn.startsWith('arn:aws:lambda:');
  const denial = roles.denial(roleArn, isFunction ? 'lambda:InvokeFunction' : 'sqs:SendMessage', arn);
  if (denial !== undefined) throw new Error(denial);
  if (isFunction) {
    lambda.invokeAsync(name, input);
    return;
  }
  const { QueueUrl: queueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
  await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: input }));
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
