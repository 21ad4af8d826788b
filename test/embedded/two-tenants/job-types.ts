import { expect } from '@jest/globals';
import type { Tenant } from './tenant.ts';
import type { Victim, World } from './world.ts';

/** An attack through a payload field, with a name for the victim's data and a name for nonexistent data. */
export interface Intrusion {
  readonly nameOf: (victim: Victim) => string;
  /** Returns a nonexistent name in the attacker's own namespace. */
  readonly nothing: (attacker: Tenant) => string;
  readonly payload: (name: string) => object;
}

/** The ways in which a job of this type could try to reach another tenant's data. */
export interface JobTypeEntry {
  /** Returns a payload that names only the tenant's own data. */
  readonly harmless: (tenant: Tenant, world: World) => Promise<object>;
  /** The harmless job's result. The victim's data must not affect this result. */
  readonly result: object;
  /** For each payload field, either an intrusion, or the reason why the field can't name a tenant's data. */
  readonly fields: Readonly<Record<string, Intrusion | string>>;
}

const A_NUMBER = 'It is a number.';

/** The entries of all job types. */
export const JOB_TYPES: Readonly<Record<string, JobTypeEntry>> = {
  sleep: {
    harmless: () => Promise.resolve({ seconds: 0 }),
    result: { slept: 0 },
    fields: { seconds: A_NUMBER, min_seconds: A_NUMBER, max_seconds: A_NUMBER },
  },
  analyze: {
    harmless: async (tenant) => ({ file: await tenant.upload('one\n'), patterns: ['one'] }),
    result: { counts: { one: 1 }, lines: 1, bytes: 4 },
    fields: {
      file: {
        nameOf: ({ file }) => file,
        nothing: ({ name }) => `uploads/${name}/nothing`,
        payload: (file) => ({ file, patterns: ['line'] }),
      },
      patterns: 'They are searched for in the file.',
    },
  },
  webhook: {
    harmless: (_tenant, { open }) => Promise.resolve({ url: `${open.origin}/harmless` }),
    result: { status: 200, body: 'thanks' },
    fields: {
      url: {
        nameOf: ({ receiver }) => receiver.origin,
        nothing: () => 'http://127.0.0.1:9',
        payload: (origin) => ({ url: `${origin}/` }),
      },
      body: "It is sent unchanged, and the webhook's id says so.",
      headers: 'They are sent unchanged.',
    },
  },
  send_messages: {
    harmless: () => Promise.resolve({ limit: 100 }),
    result: { sent: 0, failed: 0, retried: 0 },
    fields: { limit: A_NUMBER },
  },
  copy: {
    harmless: async (tenant) => ({ file: await tenant.upload('one\n') }),
    result: { bytes: 4 },
    fields: {
      file: {
        nameOf: ({ file }) => file,
        nothing: ({ name }) => `uploads/${name}/nothing`,
        payload: (file) => ({ file }),
      },
    },
  },
  ask: {
    harmless: () => Promise.resolve({ question: 'Go on?', waits: false }),
    result: { approved: null },
    fields: { question: 'It is shown as text.', waits: 'It is true or false.' },
  },
  whose: {
    harmless: () => Promise.resolve({ tenant: 'victim' }),
    result: { tenant: expect.stringMatching(/^other-/) },
    fields: { tenant: "The function gets the job's tenant separately from the payload." },
  },
};
