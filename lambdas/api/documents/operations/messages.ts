import type { Message } from '../../../message/message.ts';
import {
  messageIdSchema,
  messageSchema,
  messagesQuerySchema,
  sentQuerySchema,
} from '../../message-schemas.ts';
import { named } from '../components.ts';
import { BODY_PROBLEMS, type Operation } from '../operation.ts';
import { message, messagePage } from '../views/message.ts';

const pending: Message = {
  message_id: '0192f3a0-7c1e-7000-8000-000000000001',
  to: '+905551111111',
  content: 'Your order is packed.',
  status: 'pending',
  attempt: 0,
  next_attempt_at: '2030-01-31T12:00:00.000Z',
  receiver_message_id: null,
  error: null,
  create_time: '2030-01-31T12:00:00.000Z',
  end_time: null,
};

const sent: Message = {
  ...pending,
  status: 'sent',
  attempt: 1,
  next_attempt_at: null,
  receiver_message_id: 'c503bf28-ac74-4606-bbd7-7cfa63e86a10',
  end_time: '2030-01-31T12:00:02.240Z',
};

const tag = 'Messages';
const page = (description: string): Operation['answers'] => [
  {
    status: 200,
    description,
    content: { schema: messagePage, example: { items: [sent], limit: 50, next_cursor: null } },
  },
];

export const messageOperations: readonly Operation[] = [
  {
    id: 'createMessage',
    method: 'POST',
    path: '/v1/messages',
    scope: 'submit',
    tag,
    summary: 'Leave a message to be sent',
    description: 'A job of the type `send_messages` sends the oldest. Each request makes a message.',
    body: {
      schema: named('NewMessage', messageSchema),
      examples: { text: { to: pending.to, content: pending.content } },
    },
    answers: [
      {
        status: 201,
        description: 'The message, which waits to be sent.',
        headers: { Location: 'The path of the message.' },
        content: { schema: message, example: pending },
      },
    ],
    problems: BODY_PROBLEMS,
  },
  {
    id: 'listMessages',
    method: 'GET',
    path: '/v1/messages',
    scope: 'read',
    tag,
    summary: 'List messages',
    description: 'Newest first.',
    query: messagesQuerySchema,
    answers: page('A page of messages.'),
    problems: { 400: ['invalid-request'] },
  },
  {
    id: 'getMessage',
    method: 'GET',
    path: '/v1/messages/{message_id}',
    scope: 'read',
    tag,
    summary: 'Get a message',
    parameters: messageIdSchema,
    answers: [{ status: 200, description: 'The message.', content: { schema: message, example: sent } }],
    problems: { 400: ['invalid-request'], 404: ['message-not-found'] },
  },
  {
    id: 'listSentMessages',
    method: 'GET',
    path: '/messages/sent',
    scope: 'read',
    tag,
    summary: 'List the messages that were sent',
    description: 'Newest first.',
    query: sentQuerySchema,
    answers: page('A page of messages that were sent.'),
    problems: { 400: ['invalid-request'] },
  },
];
