import * as z from 'zod/mini';
import { SCOPES } from '../../../access/identity.ts';
import { WITHOUT_CONTROL } from '../../../job/job-fields.ts';
import { described } from '../../fields.ts';

// The request bodies of the API key operations, loaded together with the handlers to keep cold starts short.

const MAX_NAME = 100;
const SCOPES_MESSAGE = `must be an array with at least one of ${SCOPES.join(', ')}`;

/** The maximum lifetime of a key, in seconds: ten years. A key without an expiry never expires. */
const MAX_EXPIRY = 10 * 365 * 86_400;
const EXPIRY_MESSAGE = `must be a whole number of seconds from 1 to ${MAX_EXPIRY}`;

/**
 * The maximum overlap of a rotated key with its successor, in seconds. 30 days is enough time to give every caller the new
 * key.
 */
const MAX_OVERLAP = 30 * 86_400;
const DEFAULT_OVERLAP = 86_400;
const OVERLAP_MESSAGE = `must be a whole number of seconds from 0 to ${MAX_OVERLAP}`;

const expiresInSeconds = z.optional(
  described(
    z.int(EXPIRY_MESSAGE).check(z.minimum(1, EXPIRY_MESSAGE), z.maximum(MAX_EXPIRY, EXPIRY_MESSAGE)),
    !import.meta.bundled && { description: 'When the new key expires. If omitted, the key never expires.' },
  ),
);

export const keyRequest = z.strictObject(
  {
    name: described(
      z.string('must be a string').check(
        z.minLength(1, 'must have at least 1 character'),
        z.maxLength(MAX_NAME, `must have at most ${MAX_NAME} characters`),
        z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
        z.refine((name) => name.isWellFormed(), 'must not contain half a surrogate pair'),
      ),
      !import.meta.bundled && { description: 'Who or what the key is for.' },
    ),
    scopes: described(
      z.pipe(
        z
          .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), SCOPES_MESSAGE)
          .check(z.minLength(1, SCOPES_MESSAGE), z.maxLength(10, 'must have at most 10 scopes')),
        z.transform((scopes) => [...new Set(scopes)]),
      ),
      !import.meta.bundled && {
        description: 'What the key may do. You can grant only scopes that your own key has.',
      },
    ),
    expires_in_seconds: expiresInSeconds,
  },
  'must be a JSON object',
);

export const rotation = z.strictObject(
  {
    overlap_seconds: z._default(
      described(
        z.int(OVERLAP_MESSAGE).check(z.minimum(0, OVERLAP_MESSAGE), z.maximum(MAX_OVERLAP, OVERLAP_MESSAGE)),
        !import.meta.bundled && {
          description:
            'How many seconds the old key stays valid, at most until its own expiry. Use 0 if the key has leaked.',
        },
      ),
      DEFAULT_OVERLAP,
    ),
    expires_in_seconds: expiresInSeconds,
  },
  'must be a JSON object',
);
