import * as z from 'zod/mini';
import { MAX_CONTENT, MESSAGE_STATUSES } from '../message/message.ts';
import { described } from './described.ts';
import { idText, pageFields } from './schemas.ts';

/** A phone number as E.164 writes it: a plus, the country's code, and up to fifteen digits in all. */
const PHONE_NUMBER = /^\+[1-9]\d{6,14}$/;

/** A text without the characters C0, DEL and C1, but for tabs and line breaks. */
// eslint-disable-next-line no-control-regex -- they are what is looked for
const WITHOUT_CONTROL = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/;

/** The body of `POST /v1/messages`. */
export const messageSchema = z.strictObject(
  {
    to: described(
      z
        .string('must be a phone number such as +905551111111')
        .check(
          z.regex(PHONE_NUMBER, 'must be a phone number such as +905551111111: a plus, then 7 to 15 digits'),
        ),
      { description: 'A phone number as E.164 writes it, without spaces.' },
    ),
    content: described(
      z.string(`must be a string of 1 to ${MAX_CONTENT} characters`).check(
        z.minLength(1, 'must have at least 1 character'),
        // As the database counts: an emoji is one character, though JavaScript takes two units for it.
        z.refine(
          (text) => Array.from(text).length <= MAX_CONTENT,
          `must have at most ${MAX_CONTENT} characters`,
        ),
        z.regex(WITHOUT_CONTROL, 'must not contain control characters other than tabs and line breaks'),
      ),
      {
        maxLength: MAX_CONTENT,
        description: 'The text, without control characters other than tabs and line breaks.',
      },
    ),
  },
  'must be a JSON object',
);

export const messageIdSchema = z.strictObject({
  message_id: described(idText, {
    type: 'string',
    format: 'uuid',
    description: 'The id that the message was answered with.',
  }),
});

/** A hundred of the largest messages fit into one answer of the Data API (1 MiB); two hundred might not. */
const page = pageFields(100);

/** The query of `GET /messages/sent`. */
export const sentQuerySchema = z.strictObject(page);

/** The query of `GET /v1/messages`. */
export const messagesQuerySchema = z.strictObject({
  status: z.optional(
    described(z.enum(MESSAGE_STATUSES, `must be one of ${MESSAGE_STATUSES.join(', ')}`), {
      description: 'Only messages in this state.',
    }),
  ),
  ...page,
});
