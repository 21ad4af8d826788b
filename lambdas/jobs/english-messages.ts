import * as z from 'zod/mini';
import { en } from 'zod/locales';

/**
 * Adds English messages to zod/mini, which has no messages of its own. Zod's configuration is global to the process, so this
 * function also changes the messages of all other schemas in the process. Call it only in a Lambda function's own code, not
 * in code that users load into their tests.
 */
export function useEnglishMessages(): void {
  z.config(en());
}
