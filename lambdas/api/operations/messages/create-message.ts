import * as z from 'zod/mini';
import { MAX_CONTENT } from '../../../message/message.ts';
import { named } from '../../documents/components.ts';
import { BODY_PROBLEMS } from '../../documents/operation-docs.ts';
import { message, pendingExample } from '../../documents/views/message.ts';
import { described } from '../../fields.ts';
import { operation, json } from '../../operation.ts';

/**
 * The maximum size of the request's body, in bytes. The size is enough for the longest content with every character
 * escaped, plus the other fields.
 */
const MAX_MESSAGE_BYTES = 16 * 1024;

/** Matches a phone number in E.164 format: a plus and up to fifteen digits, starting with the country code. */
const PHONE_NUMBER = /^\+[1-9]\d{6,14}$/;

/** Matches strings without control characters (C0, DEL, C1) other than tabs and line breaks. */
// eslint-disable-next-line no-control-regex -- the pattern has to name them
const WITHOUT_CONTROL = /^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]*$/;

const messageSchema = z.strictObject(
  {
    to: described(
      z
        .string('must be a phone number such as +905551111111')
        .check(
          z.regex(PHONE_NUMBER, 'must be a phone number such as +905551111111: a plus, then 7 to 15 digits'),
        ),
      !import.meta.bundled && { description: 'A phone number in E.164 format, without spaces.' },
    ),
    content: described(
      z.string(`must be a string of 1 to ${MAX_CONTENT} characters`).check(
        z.minLength(1, 'must have at least 1 character'),
        // Count code points, as the database does: an emoji is one character, although JavaScript stores it as two units.
        z.refine(
          (text) => Array.from(text).length <= MAX_CONTENT,
          `must have at most ${MAX_CONTENT} characters`,
        ),
        z.regex(WITHOUT_CONTROL, 'must not contain control characters other than tabs and line breaks'),
      ),
      !import.meta.bundled && {
        maxLength: MAX_CONTENT,
        description: 'The text, without control characters other than tabs and line breaks.',
      },
    ),
  },
  'must be a JSON object',
);

/** Creates a message, which a `send_messages` job sends later. Responds with 201 and the message. */
export const createMessage = operation({
  id: 'createMessage',
  method: 'POST',
  path: '/v1/messages',
  scope: 'submit',
  audit: 'message.create',
  request: { body: { maxBytes: MAX_MESSAGE_BYTES, schema: messageSchema } },
  async handle({ tenant, actor, body }, { messages: { store }, newId }) {
    const created = await store.insert({ message_id: newId(), tenant, ...body, submitted_by: actor });
    return json(201, created, { location: `/v1/messages/${created.message_id}` });
  },
  docs: !import.meta.bundled && {
    tag: 'Messages',
    summary: 'Queue a message',
    description:
      'A `send_messages` job sends it later, oldest first. Not idempotent: each request creates a message.',
    body: {
      schema: named('NewMessage', messageSchema),
      examples: { text: { to: pendingExample.to, content: pendingExample.content } },
    },
    responses: [
      {
        status: 201,
        description: 'The queued message.',
        headers: { Location: 'The path of the message.' },
        content: { schema: message, example: pendingExample },
      },
    ],
    problems: BODY_PROBLEMS,
  },
});
