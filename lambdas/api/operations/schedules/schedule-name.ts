import * as z from 'zod/mini';
import { described } from '../../field-schemas.ts';

/** EventBridge Scheduler takes names of 64 characters; Errand's end with a part that tells tenants apart. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,47}$/;

export const scheduleNameSchema = z.strictObject({
  name: described(
    z
      .string()
      .check(
        z.regex(
          NAME,
          'must have 1 to 48 letters, digits, hyphens and underscores, and begin with a letter or a digit',
        ),
      ),
    !import.meta.bundled && { description: 'The schedule’s name.' },
  ),
});

export type ScheduleName = z.output<typeof scheduleNameSchema>;
