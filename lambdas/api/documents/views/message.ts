import * as z from 'zod';
import { MESSAGE_STATUSES, type Message } from '../../../message/message.ts';
import { named, shapeOf, pageFields } from '../components.ts';
import { moment, uuid } from '../../../job/job-schema.ts';

export const messageStatus = named(
  'MessageStatus',
  z.enum(MESSAGE_STATUSES).meta({
    description: 'pending → sending → sent or failed. A message that will be retried is pending.',
  }),
);

export const message = named(
  'Message',
  shapeOf<Message>()(
    z.object({
      message_id: uuid,
      to: z.string(),
      content: z.string(),
      status: messageStatus,
      attempt: z.int().min(0).meta({ description: 'The number of attempts to send the message.' }),
      next_attempt_at: moment.nullable().meta({
        description: 'When the next attempt can start at the earliest; null unless the message is pending.',
      }),
      receiver_message_id: z
        .string()
        .nullable()
        .meta({ description: 'The receiver’s id for the message, if the receiver returned one.' }),
      error: z.string().nullable().meta({ description: 'Why the last attempt failed.' }),
      create_time: moment,
      end_time: moment.nullable().meta({ description: 'When the message was sent or failed.' }),
    }),
  ),
);

export const messagePage = named('MessagePage', z.object({ items: z.array(message), ...pageFields }));

export const pendingExample: Message = {
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

export const sentExample: Message = {
  ...pendingExample,
  status: 'sent',
  attempt: 1,
  next_attempt_at: null,
  receiver_message_id: 'c503bf28-ac74-4606-bbd7-7cfa63e86a10',
  end_time: '2030-01-31T12:00:02.240Z',
};
