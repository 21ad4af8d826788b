import * as z from 'zod/mini';

// Schemas of the job fields that clients choose, shared by submissions and filters.

/** Matches strings without control characters (C0, DEL and C1). */
// eslint-disable-next-line no-control-regex -- the pattern has to name them
export const WITHOUT_CONTROL = /^[^\u0000-\u001f\u007f-\u009f]*$/;

/** The maximum length of an object_id, in characters. */
export const MAX_OBJECT_ID = 256;

export const objectIdText = z
  .string(`must be an integer or a string of 1 to ${MAX_OBJECT_ID} characters`)
  .check(
    z.minLength(1, 'must have at least 1 character'),
    z.maxLength(MAX_OBJECT_ID, `must have at most ${MAX_OBJECT_ID} characters`),
    z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  );

/** A job type's name. Filters also use this schema for queue names, which follow the same rules. */
export const jobTypeName = z
  .string('must be a string')
  .check(
    z.minLength(1, 'must have at least 1 character'),
    z.maxLength(64, 'must have at most 64 characters'),
    z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  );

/** The pattern for batch ids, which are part of URL paths. */
export const BATCH_ID = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

export const batchIdText = z
  .string('must be a string')
  .check(
    z.regex(
      BATCH_ID,
      'must have 1 to 128 letters, digits, hyphens, underscores and dots, and begin with a letter or a digit',
    ),
  );

export const MAX_TAGS = 10;

/**
 * A tag. Commas are not allowed: API Gateway joins repeated query parameters with commas, so a tag with a comma would
 * look like two tags.
 */
export const tagText = z.string('must be a string').check(
  z.minLength(1, 'must have at least 1 character'),
  z.maxLength(64, 'must have at most 64 characters'),
  z.regex(WITHOUT_CONTROL, 'must not contain control characters'),
  z.regex(/^[^,]*$/, 'must not contain a comma'),
  z.refine((tag) => tag.isWellFormed(), 'must not contain half a surrogate pair'),
);

/** A job's tags, without duplicates. */
export const tagList = z.pipe(
  z
    .array(tagText, `must be an array of at most ${MAX_TAGS} strings`)
    .check(z.maxLength(MAX_TAGS, `must have at most ${MAX_TAGS} tags`)),
  z.transform((tags: string[]) => [...new Set(tags)]),
);

/** Short fields that describe a job, for people to read and for clients to filter by. */
export type Metadata = Readonly<Record<string, string | number | boolean>>;

/** The maximum size of a job's metadata, in bytes of JSON. */
export const MAX_METADATA_BYTES = 4 * 1024;

/** Matches a metadata key. Colons are not allowed, because filters are written `key:value`. */
const METADATA_KEY = /^[A-Za-z0-9_.-]{1,64}$/;

const KEY_MESSAGE = 'must have a name of 1 to 64 letters, digits, "_", "." or "-"';

export const metadataKey = z.string().check(z.regex(METADATA_KEY, KEY_MESSAGE));

/**
 * A metadata value. Filters compare values as text, so JavaScript and Postgres must format numbers alike. Numbers that need
 * an exponent are rejected, because JavaScript and Postgres format exponents differently.
 */
const metadataValue = z
  .custom<string | number | boolean>(
    (value) => ['string', 'number', 'boolean'].includes(typeof value),
    'must be a string, a number or a boolean',
  )
  .check(
    z.refine(
      (value) => typeof value !== 'string' || (value.isWellFormed() && !value.includes('\u0000')),
      'must not contain NUL or half a surrogate pair',
    ),
    z.refine(
      (value) => typeof value !== 'number' || /^-?[0-9.]+$/.test(String(value)),
      'is a number that needs an exponent; write it as a string',
    ),
  );

/** A metadata object: a job's own metadata, or the metadata that a filter matches. */
export const metadataObject = z
  .record(metadataKey, metadataValue, {
    error: ({ code }) =>
      code === 'invalid_key' ? KEY_MESSAGE : 'must be a flat JSON object of strings, numbers and booleans',
  })
  .check(
    z.refine(
      (metadata) => Buffer.byteLength(JSON.stringify(metadata)) <= MAX_METADATA_BYTES,
      `must have at most ${MAX_METADATA_BYTES} bytes of JSON`,
    ),
  );
