import * as z from 'zod/mini';
import { en } from 'zod/locales';

/**
 * Gives the checks of zod/mini, which has no messages of its own, English ones. Zod's configuration is global to the process: only
 * a function's own code may set it, not code that users load into their tests.
 */
export function useEnglishMessages(): void {
  z.config(en());
}
