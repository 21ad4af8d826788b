import * as z from 'zod/mini';
import { job } from '../../job/definition.ts';
import type { Clock } from '../../job/clock.ts';
import { MAX_PER_RUN } from '../../message/message.ts';
import type { Outbox } from '../../message/send.ts';

/** The deployment's settings for `send_messages` jobs. */
export interface MessagesSettings {
  /** The receiver's URL: the `MESSAGES_URL` setting. Undefined if the deployment doesn't send messages. */
  readonly url: string | undefined;
  /** The dependencies for sending messages. Undefined in the API function, which doesn't send messages. */
  readonly run?: MessagesRun;
}

export interface MessagesRun {
  readonly outbox: Outbox;
  readonly clock: Clock;
  /** Reads the key that authenticates this deployment to the receiver. */
  readonly readKey: () => Promise<string>;
  /** Reads the default limit: how many messages a job sends if its payload has no `limit`. */
  readonly readPerRun: () => Promise<number>;
  /** This function's timeout, in milliseconds. */
  readonly leaseMs: number;
}

const LIMIT = `must be a whole number from 1 to ${MAX_PER_RUN}`;

const payload = z.strictObject(
  { limit: z.optional(z.int(LIMIT).check(z.minimum(1, LIMIT), z.maximum(MAX_PER_RUN, LIMIT))) },
  'must be an object',
);

const NO_RECEIVER =
  "this deployment sends no messages: set MESSAGES_URL to the receiver's URL, and deploy again";

const refused = z.custom<z.output<typeof payload>>(() => false, NO_RECEIVER);

export const SEND_MESSAGES = 'send_messages';

/**
 * Sends the tenant's oldest due messages, up to the payload's `limit`. If the payload has no `limit`, the limit is read from
 * Parameter Store. A message that can't be sent does not fail the job, because each message has its own attempts
 * (docs/messages.md).
 */
export function createSendMessages({ url, run }: MessagesSettings) {
  return job(SEND_MESSAGES, {
    payload: url === undefined ? refused : payload,
    async run({ limit }, { tenant, signal, log }) {
      if (url === undefined || !run) throw new Error('This function has no MESSAGES_URL to send to.');
      // Load this code on the first run, because the API function needs only the payload's schema.
      const [{ sendMessages }, { createReceiver }] = await Promise.all([
        import('../../message/send.ts'),
        import('./receiver.ts'),
      ]);
      const { outbox, clock, leaseMs } = run;
      // Read the settings before taking messages, so that a missing setting doesn't use up the messages' attempts.
      const [key, perRun] = await Promise.all([run.readKey(), limit ?? run.readPerRun()]);
      const deliver = createReceiver(url, key, clock);
      const counts = await sendMessages(
        { tenant, limit: perRun, leaseMs, signal },
        { outbox, deliver, clock, log },
      );
      return { ...counts };
    },
  });
}

/** Returns the reason why this deployment can't send messages; undefined if it can send them. */
export function unavailableWithout({ url }: MessagesSettings): string | undefined {
  return url === undefined ? NO_RECEIVER : undefined;
}
