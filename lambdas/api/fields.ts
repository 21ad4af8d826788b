import * as z from 'zod/mini';

/**
 * Copies a schema and adds a description for the OpenAPI document.
 *
 * @param text the description, written as `!import.meta.bundled && {…}` so that it is not part of a Lambda bundle
 */
export function described<Schema extends z.core.$ZodType>(
  schema: Schema,
  text: z.core.GlobalMeta | false,
): Schema {
  if (text === false) return schema;
  const copy = z.clone(schema);
  z.globalRegistry.add(copy, text);
  return copy;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A job or message id. Converted to lower case, because the database stores ids in lower case. */
export const idText = z.pipe(
  z.string().check(z.regex(UUID, 'must be a UUID such as 0192f3a0-7c1e-7000-8000-000000000000')),
  z.transform((text: string) => text.toLowerCase()),
);

/** An id's 16 bytes in base64url. */
const ID_CURSOR = /^[A-Za-z0-9_-]{22}$/;

export const CURSOR_MESSAGE = 'is not a cursor of this service; use next_cursor of the page before';

const idCursor = described(
  z.pipe(z.string().check(z.regex(ID_CURSOR, CURSOR_MESSAGE)), z.transform(decodeCursor)),
  !import.meta.bundled && { type: 'string', description: 'The `next_cursor` of the previous page.' },
);

/** Creates the schema for the cursor of a list ordered by name: the last name on the previous page. */
export function nameCursor(isName: (text: string) => boolean) {
  return described(
    z
      .pipe(
        z.string(),
        z.transform((text: string) => Buffer.from(text, 'base64url').toString()),
      )
      .check(z.refine(isName, CURSOR_MESSAGE)),
    !import.meta.bundled && { type: 'string', description: 'The `next_cursor` of the previous page.' },
  );
}

export function encodeNameCursor(name: string): string {
  return Buffer.from(name).toString('base64url');
}

/** A time, as clients send it. */
export const momentText = z.iso.datetime({
  offset: true,
  error: 'must be an ISO 8601 time with its offset, such as 2030-01-31T12:00:00Z',
});

/** Creates the query parameters of lists whose rows have ids: the page size, and the previous page's cursor. */
export function pageFields(maxLimit: number) {
  return { limit: limitField(maxLimit), cursor: z.optional(idCursor) };
}

export function limitField(maxLimit: number) {
  const message = `must be a whole number from 1 to ${maxLimit}`;
  return z._default(
    described(
      z
        .pipe(z.string().check(z.regex(/^\d{1,4}$/, message)), z.transform(Number))
        .check(z.refine((limit) => limit >= 1 && limit <= maxLimit, message)),
      !import.meta.bundled && {
        type: 'integer',
        minimum: 1,
        maximum: maxLimit,
        description: 'The page size.',
      },
    ),
    50,
  );
}

/**
 * Builds a list's response body.
 *
 * @param found up to `limit` + 1 rows; an additional row shows that there is another page
 * @param cursorOf returns the cursor of the page that follows a row
 */
export function pageOf<Row>(found: readonly Row[], limit: number, cursorOf: (last: Row) => string) {
  const items = found.slice(0, limit);
  const last = found.length > limit ? items.at(-1) : undefined;
  return { items, limit, next_cursor: last === undefined ? null : cursorOf(last) };
}

/** Returns the cursor of the page after the row with this id. Clients must not interpret the cursor. */
export function encodeCursor(id: string): string {
  return idBytes(id).toString('base64url');
}

function decodeCursor(cursor: string): string {
  return decodeId(Buffer.from(cursor, 'base64url'));
}

export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex');
}

export function decodeId(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
