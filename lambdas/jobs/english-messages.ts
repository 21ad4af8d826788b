import * as z from 'zod/mini';
import { en } from 'zod/locales';

/**
 * Adds English messages to zod/mini, whose checks have none. Zod's configuration is global to the process, so only a
 * function's own code may set it, not code that users load into their tests.
 */
export function useEnglishMessages(): void {
  z.config(en());
}
