import * as z from 'zod/mini';
import { MESSAGE_STATUSES, type MessageQuery, type MessageStore } from '../../../message/message.ts';
import { HttpError } from '../../../middleware/problem.ts';
import { message, messagePage, sentExample } from '../../documents/views/message.ts';
import { described, idText, encodeCursor, pageFields, pageOf } from '../../fields.ts';
import { operation, json } from '../../operation.ts';

/**
 * At most a hundred messages per page: a hundred messages of the maximum size fit into one Data API response (1 MiB), but
 * two hundred may not.
 */
const page = pageFields(100);

/** Lists messages in any state, newest first. */
export const listMessages = operation({
  id: 'listMessages',
  method: 'GET',
  path: '/v1/messages',
  scope: 'read',
  request: {
    query: z.strictObject({
      status: z.optional(
        described(
          z.enum(MESSAGE_STATUSES, `must be one of ${MESSAGE_STATUSES.join(', ')}`),
          !import.meta.bundled && {
            description: 'Only messages in this state.',
          },
        ),
      ),
      ...page,
    }),
  },
  async handle({ tenant, query: { status, cursor: before, limit } }, { messages: { store } }) {
    return json(200, await listPage({ tenant, status, before, limit }, store));
  },
  docs: !import.meta.bundled && {
    tag: 'Messages',
    summary: 'List messages',
    description: 'Newest first.',
    responses: [
      {
        status: 200,
        description: 'A page of messages.',
        content: { schema: messagePage, example: { items: [sentExample], limit: 50, next_cursor: null } },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});

export const getMessage = operation({
  id: 'getMessage',
  method: 'GET',
  path: '/v1/messages/{message_id}',
  scope: 'read',
  request: {
    path: z.strictObject({
      message_id: described(
        idText,
        !import.meta.bundled && {
          type: 'string',
          format: 'uuid',
          description: 'The message’s id, from the response that created it.',
        },
      ),
    }),
  },
  async handle({ tenant, path: { message_id: messageId } }, { messages: { store } }) {
    const found = await store.get(tenant, messageId);
    if (!found) throw new HttpError(404, 'message-not-found', `Message ${messageId} does not exist.`);
    return json(200, found);
  },
  docs: !import.meta.bundled && {
    tag: 'Messages',
    summary: 'Get a message',
    responses: [
      { status: 200, description: 'The message.', content: { schema: message, example: sentExample } },
    ],
    problems: { 400: ['invalid-request'], 404: ['message-not-found'] },
  },
});

/** Lists only sent messages, newest first. */
export const listSentMessages = operation({
  id: 'listSentMessages',
  method: 'GET',
  path: '/messages/sent',
  scope: 'read',
  request: { query: z.strictObject(page) },
  async handle({ tenant, query: { cursor: before, limit } }, { messages: { store } }) {
    return json(200, await listPage({ tenant, status: 'sent', before, limit }, store));
  },
  docs: !import.meta.bundled && {
    tag: 'Messages',
    summary: 'List sent messages',
    description: 'Newest first.',
    responses: [
      {
        status: 200,
        description: 'A page of sent messages.',
        content: { schema: messagePage, example: { items: [sentExample], limit: 50, next_cursor: null } },
      },
    ],
    problems: { 400: ['invalid-request'] },
  },
});

async function listPage(query: MessageQuery, store: MessageStore) {
  const { limit } = query;
  const found = await store.list({ ...query, limit: limit + 1 });
  return pageOf(found, limit, (last) => encodeCursor(last.message_id));
}
