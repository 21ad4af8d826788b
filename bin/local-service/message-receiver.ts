import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerJson } from 'errand-local/aws-endpoint/answer';
import type { AdminView } from 'errand-local/aws-endpoint/aws-endpoint';

/** A message that the receiver accepted. */
interface Received {
  readonly messageId: string;
  readonly to: string;
  readonly content: string;
  /** The Idempotency-Key header, if present. */
  readonly idempotencyKey: string | null;
  /** An ISO 8601 timestamp. */
  readonly receivedAt: string;
}

/** The maximum number of messages kept in memory. Older messages are dropped. */
const KEPT = 1_000;
const MAX_BODY_BYTES = 64 * 1024;

/**
 * A fake SMS provider, so that you can try the embedded cloud offline. `POST {to, content}` with any `Authorization` returns 202 with
 * `{message: 'Accepted', messageId}`. A second request with the same Idempotency-Key does not create a new message. `GET` returns the
 * received messages as `{items}`, latest first.
 */
export function createMessageReceiver(now: () => Date = () => new Date()): AdminView {
  const received: Received[] = [];

  async function accept(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.headers.authorization === undefined) {
      answerJson(response, 401, { message: 'Send the Authorization: Bearer <key> header, with any key.' });
      return;
    }
    const message = await readMessage(request);
    if (!message) {
      answerJson(response, 400, { message: 'Send JSON with the strings "to" and "content".' });
      return;
    }
    const { 'idempotency-key': key } = request.headers;
    const idempotencyKey = typeof key === 'string' ? key : null;
    let known = received.find((entry) => key !== undefined && entry.idempotencyKey === key);
    if (!known) {
      known = { messageId: randomUUID(), ...message, idempotencyKey, receivedAt: now().toISOString() };
      received.unshift(known);
      received.length = Math.min(received.length, KEPT);
    }
    answerJson(response, 202, { message: 'Accepted', messageId: known.messageId });
  }

  return (request, response) => {
    if (request.method === 'GET') answerJson(response, 200, { items: received });
    else if (request.method === 'POST') accept(request, response).catch(() => response.destroy());
    else answerJson(response, 405, { message: 'The receiver accepts GET and POST.' }, { allow: 'GET, POST' });
  };
}

async function readMessage(request: IncomingMessage): Promise<{ to: string; content: string } | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) return undefined;
    chunks.push(chunk);
  }
  try {
    const { to, content } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>;
    return typeof to === 'string' && typeof content === 'string' ? { to, content } : undefined;
  } catch {
    return undefined;
  }
}
