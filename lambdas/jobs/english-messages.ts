import * as z from 'zod/mini';
import { en } from 'zod/locales';

/**
 * Adds English messages to zod/mini, whose checks have no messages. Zod's configuration is global to the process, so this
 * call also changes the messages of the process's other schemas. Only a function's own code may call this function. Code that
 * users load into their tests must not call it.
 */
export function useEnglishMessages(): void {
  z.config(en());
}
