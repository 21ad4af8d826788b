import * as z from 'zod';

/** What a page of a list has beside its items. */
export const pageFields = {
  limit: z.int().min(1),
  next_cursor: z
    .string()
    .nullable()
    .meta({ description: 'The `cursor` of the next page; null on the last.' }),
};
