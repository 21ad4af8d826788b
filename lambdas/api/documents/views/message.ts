import * as z from 'zod';
import { MESSAGE_STATUSES, type Message } from '../../../message/message.ts';
import { named } from '../components.ts';
import { shapeOf } from '../shape.ts';
import { moment, uuid } from './job.ts';
import { pageFields } from './page.ts';

export const messageStatus = named(
  'MessageStatus',
  z.enum(MESSAGE_STATUSES).meta({
    description: 'pending → sending → sent or failed. One that is tried again is pending until then.',
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
      attempt: z.int().min(0).meta({ description: 'How often it was taken to be sent.' }),
      next_attempt_at: moment
        .nullable()
        .meta({ description: 'Not before this moment; null for one that is not pending.' }),
      receiver_message_id: z
        .string()
        .nullable()
        .meta({ description: 'What the receiver called it, if it said.' }),
      error: z.string().nullable().meta({ description: 'Why the last attempt did not send it.' }),
      create_time: moment,
      end_time: moment.nullable().meta({ description: 'When it was sent or failed.' }),
    }),
  ),
);

export const messagePage = named('MessagePage', z.object({ items: z.array(message), ...pageFields }));
