import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { MessageStatus } from '../../message/message.ts';
import type { MessageStore } from '../../message/ports.ts';
import type { JsonEvent } from '../../middleware/json-body.ts';
import { HttpError } from '../../middleware/problem.ts';
import { messageIdSchema, messageSchema, messagesQuerySchema, sentQuerySchema } from '../message-schemas.ts';
import { json } from '../response.ts';
import { encodeCursor } from '../schemas.ts';
import type { OfTenant } from '../caller.ts';
import { validate } from '../validation.ts';

/** What the operations on messages stand on. */
export interface MessageRoutes {
  messages: MessageStore;
  /** A new UUIDv7. */
  newId: () => string;
}

type Answer = Promise<APIGatewayProxyStructuredResultV2>;

/** `POST /v1/messages`: 201 the message, which waits to be sent. */
export function createMessage({ messages, newId }: MessageRoutes): (event: JsonEvent & OfTenant) => Answer {
  return async (event) => {
    const body = validate(messageSchema, event.body, 'body');
    const message = await messages.insert({ message_id: newId(), tenant: event.tenant, ...body });
    return json(201, message, { location: `/v1/messages/${message.message_id}` });
  };
}

/** `GET /v1/messages/{message_id}` */
export function getMessage({
  messages,
}: MessageRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const { message_id: messageId } = validate(messageIdSchema, event.pathParameters ?? {}, 'path');
    const message = await messages.get(event.tenant, messageId);
    if (!message) throw new HttpError(404, 'message-not-found', `There is no message ${messageId}.`);
    return json(200, message);
  };
}

/** `GET /v1/messages`: a page of messages, newest first. */
export function listMessages({
  messages,
}: MessageRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const query = validate(messagesQuerySchema, event.queryStringParameters ?? {}, 'query');
    return listPage(event.tenant, messages, query);
  };
}

/** `GET /messages/sent`: the same, of those that were sent. */
export function listSentMessages({
  messages,
}: MessageRoutes): (event: APIGatewayProxyEventV2 & OfTenant) => Answer {
  return async (event) => {
    const query = validate(sentQuerySchema, event.queryStringParameters ?? {}, 'query');
    return listPage(event.tenant, messages, { ...query, status: 'sent' });
  };
}

async function listPage(
  tenant: string,
  messages: MessageStore,
  query: { status?: MessageStatus | undefined; limit: number; cursor?: string | undefined },
): Answer {
  const { status, limit, cursor: before } = query;
  // One more than the page holds tells whether there is another.
  const found = await messages.list({ tenant, status, before, limit: limit + 1 });
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return json(200, { items, limit, next_cursor: last ? encodeCursor(last.message_id) : null });
}
