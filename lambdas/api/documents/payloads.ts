import type * as z from 'zod';
import { createJobTypes } from '../../handlers/job-types.ts';
import { named } from './components.ts';

/** The payload of every built-in job type, named like `SleepPayload`. A deployment without the settings of `webhook` or `send_messages` refuses those. */
export function namedPayloads(): z.core.$ZodType[] {
  const jobTypes = createJobTypes({ webhook: { allowedHosts: [] }, messages: { url: undefined } });
  return [...jobTypes.values()].map(({ name, payload }) => named(`${pascalCase(name)}Payload`, payload));
}

/** `send_messages` → `SendMessages` */
function pascalCase(name: string): string {
  return name.replaceAll(/(?:^|_)([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}
