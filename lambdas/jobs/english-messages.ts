import * as z from 'zod/mini';
import { en } from 'zod/locales';

/**
 * Adds English messages to zod/mini, whose checks have no messages. Zod's configuration is global to the process. It must
 * therefore be set only by a function's own code, not by code that users load into their tests.
 */
export function useEnglishMessages(): void {
  z.config(en());
}
