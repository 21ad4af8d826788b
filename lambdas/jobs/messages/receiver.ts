import { FinalError } from '../../job/errors.ts';
import { describeError } from '../../job/storable.ts';
import type { Deliver, Delivery } from '../../message/send.ts';
import { readAllowedHosts } from '../outbound/allowed-hosts.ts';
import { describeAnswer, retryAfterMs } from '../outbound/answer.ts';
import { post, USER_AGENT, type Answer, type OutboundRules } from '../outbound/post.ts';

/** The header that contains the key, as `Bearer <key>`. */
const KEY_HEADER = 'authorization';

/** Matches the characters allowed in the header: visible ASCII. */
const KEY = /^[\x21-\x7e]+$/;

/** The response fields that may contain the receiver's id for a message, in order of preference. */
const ID_FIELDS = ['message_id', 'messageId'];

/** The maximum lengths of the receiver's message id and of an error message, in characters. */
const MAX_ID = 200;
const MAX_ERROR = 500;

/** The error message for a request that was aborted before the receiver responded. */
const STOPPED = 'The run was stopped before the receiver responded.';

/**
 * Creates the receiver at MESSAGES_URL. The body of each request is `{to, content}`; the headers contain the key, and the
 * message's id as `Idempotency-Key`. A 2xx response means that the message was sent. After a 429, a 5xx or a missing
 * response, the message is retried. Any other response marks the message as failed.
 *
 * @throws Error if the key contains characters that are not allowed in a header
 */
export function createReceiver(
  messagesUrl: string,
  secret: string,
  { now, ...overrides }: { now: () => Date } & Partial<OutboundRules>,
): Deliver {
  // Trim the key, because a key stored from a file often ends with a newline.
  const key = secret.trim();
  if (!KEY.test(key)) {
    throw new Error('The key for MESSAGES_URL must consist of visible ASCII characters, without spaces.');
  }
  const url = new URL(messagesUrl);
  const rules = { allowedHosts: readAllowedHosts(url.origin), setting: 'MESSAGES_URL', ...overrides };
  return async ({ message_id: messageId, to, content }, signal) => {
    const headers = {
      'content-type': 'application/json',
      'user-agent': USER_AGENT,
      'idempotency-key': messageId,
      [KEY_HEADER]: `Bearer ${key}`,
    };
    const body = Buffer.from(JSON.stringify({ to, content }));
    try {
      return toDelivery(await post(url, { headers, body }, signal, rules), now());
    } catch (error) {
      if (error instanceof FinalError) return { status: 'failed', error: errorText(error) };
      return {
        status: 'pending',
        error: signal.aborted ? STOPPED : errorText(error),
        retryInMs: undefined,
      };
    }
  };
}

function toDelivery(answer: Answer, now: Date): Delivery {
  const { status, headers } = answer;
  if (status >= 200 && status < 300) return { status: 'sent', receiverMessageId: idIn(answer) };
  const error = errorText(describeAnswer(answer));
  if (status !== 429 && status < 500) return { status: 'failed', error };
  return { status: 'pending', error, retryInMs: retryAfterMs(headers['retry-after'], now) };
}

/**
 * Extracts the receiver's id for the message from a JSON response; null if the response contains no id. The message counts as
 * sent in both cases.
 */
function idIn({ body }: Answer): string | null {
  const given = parse(body);
  for (const field of ID_FIELDS) {
    const id = given[field];
    if (typeof id === 'string' || typeof id === 'number') return describeError(String(id)).slice(0, MAX_ID);
  }
  return null;
}

function parse(body: Buffer): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function errorText(error: unknown): string {
  return describeError(error).slice(0, MAX_ERROR).toWellFormed();
}
