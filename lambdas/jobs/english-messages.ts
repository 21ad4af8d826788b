import * as z from 'zod/mini';
import { en } from 'zod/locales';

/**
 * Adds English messages to zod/mini, which has no messages of its own. Zod's configuration is global to the process, so
 * this also changes the messages of all other schemas in the process. Only a Lambda function's own code may call this, not
 * code that users load into their tests.
 */
export function useEnglishMessages(): void {
  z.config(en());
}
