import type { SQSRecord } from 'aws-lambda';
import type { Delivery } from '../../job/settle.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { Firing } from '../../job/schedules/firing.ts';
import { toFiring } from './firing-queue.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * Reads the wake-ups in a batch of messages. Each message contains a job's id in `job_id`, and may contain the ids of
 * other jobs of the same queue and tenant in `also`. A message without a job is logged and dropped, because redelivering
 * it would not help.
 */
export function readDeliveries(records: readonly SQSRecord[], log: ServiceLog): Delivery[] {
  return records.flatMap((record) => {
    const content = parse(record.body);
    const jobId = toJobId(content);
    if (jobId === undefined) {
      log.error('message_malformed', 'A message on the queue is not a wake-up; it is dropped.', {
        message_id: record.messageId,
      });
      return [];
    }
    const also = toFurtherJobIds(content);
    return [{ id: record.messageId, jobId, receives: receivesOf(record), ...(also.length > 0 && { also }) }];
  });
}

function receivesOf({ attributes }: SQSRecord): number {
  return Number(attributes.ApproximateReceiveCount);
}

/** Reads the ids in `also`. Drops invalid entries; the sweeper sends new messages for the affected jobs. */
function toFurtherJobIds(content: unknown): string[] {
  if (typeof content !== 'object' || content === null || !('also' in content)) return [];
  return Array.isArray(content.also)
    ? content.also.filter((id): id is string => typeof id === 'string' && UUID.test(id))
    : [];
}

function toJobId(content: unknown): string | undefined {
  if (typeof content !== 'object' || content === null || !('job_id' in content)) return undefined;
  return typeof content.job_id === 'string' && UUID.test(content.job_id) ? content.job_id : undefined;
}

/** Parses JSON. Returns undefined if the string is not JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A message that contains a firing. */
export interface FiringDelivery {
  /** The message's id. */
  readonly id: string;
  readonly firing: Firing;
}

/**
 * Reads the firings in a batch of messages. Messages that are not firings are logged and dropped, because redelivering them
 * would not help.
 */
export function readFirings(records: readonly SQSRecord[], log: ServiceLog): FiringDelivery[] {
  return records.flatMap(({ messageId: id, body }) => {
    const firing = toFiring(parse(body));
    if (firing) return [{ id, firing }];
    log.error('firing_message_malformed', 'A message on the firing queue is not a firing; it is dropped.', {
      message_id: id,
    });
    return [];
  });
}

/** The messages in a batch from the dead-letter queue. */
export interface DeadLetters {
  /** The wake-ups, with one entry for each job that a message names. */
  readonly wakeUps: readonly Delivery[];
  readonly firings: readonly FiringDelivery[];
}

/**
 * Reads dead letters. There are two kinds: messages that were received too many times, which SQS moves to the dead-letter
 * queue unchanged, and failed EventBridge Scheduler requests. If a failed request was for a firing, an attribute contains
 * the scheduled time (https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html). Any other
 * message is logged and dropped.
 */
export function readDeadLetters(records: readonly SQSRecord[], log: ServiceLog): DeadLetters {
  const wakeUps: Delivery[] = [];
  const firings: FiringDelivery[] = [];
  for (const { messageId: id, body, messageAttributes } of records) {
    const content = requestedMessage(parse(body));
    const jobId = toJobId(content);
    const firing = toFiring(content) ?? toFiring(withTime(content, messageAttributes));
    if (jobId !== undefined)
      wakeUps.push(...[jobId, ...toFurtherJobIds(content)].map((each) => ({ id, jobId: each })));
    else if (firing) firings.push({ id, firing });
    else
      log.error('dead_letter_malformed', 'A dead letter is neither a wake-up nor a firing; it is dropped.', {
        message_id: id,
      });
  }
  return { wakeUps, firings };
}

/**
 * Returns a message's content. If EventBridge Scheduler could not send the message, the content is taken from the failed
 * request.
 */
function requestedMessage(content: unknown): unknown {
  if (typeof content !== 'object' || content === null || !('MessageBody' in content)) return content;
  return typeof content.MessageBody === 'string' ? parse(content.MessageBody) : undefined;
}

/** Sets a firing's scheduled time from the message's `SCHEDULED_TIME` attribute. */
function withTime(content: unknown, attributes: SQSRecord['messageAttributes'] = {}): unknown {
  const time = attributes.SCHEDULED_TIME?.stringValue;
  return typeof content === 'object' && content !== null ? { ...content, fire_time: time } : undefined;
}
