import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createOutbox } from '../adapters/aurora/message-store.ts';
import { systemChance } from '../adapters/chance.ts';
import { readOptionalEnvironment } from '../environment.ts';
import { lazySecretReader } from './lazy-secret-reader.ts';
import { lazy } from '../lazy.ts';
import type { MessagesSettings } from '../handlers/send-messages.ts';
import { MAX_PER_RUN } from '../message/message.ts';

/** A secret without a value can't be told from one that can't be read: the cause, in the log, says which it is. */
const NO_KEY =
  'The key for MESSAGES_URL could not be read. Has the secret of the output MessagesSecretArn been given a value?';

/**
 * What sending messages takes in this function; in a deployment without MESSAGES_URL, nothing.
 *
 * @param jobTimeout the function's timeout, in seconds: no take may end before it
 */
export function createMessages(dataApi: DataApi, jobTimeout: number): MessagesSettings {
  const { messagesUrl, messagesSecretArn, messagesPerRunParameter } = readOptionalEnvironment([
    'MESSAGES_URL',
    'MESSAGES_SECRET_ARN',
    'MESSAGES_PER_RUN_PARAMETER',
  ]);
  if (messagesSecretArn === undefined || messagesPerRunParameter === undefined) return { url: undefined };
  return {
    url: messagesUrl,
    run: {
      outbox: createOutbox(dataApi),
      chance: systemChance,
      readKey: lazySecretReader(messagesSecretArn, NO_KEY),
      readPerRun: lazy(async () => {
        const [{ createSsmClient }, { createNumberReader }] = await Promise.all([
          import('../adapters/ssm/client.ts'),
          import('../adapters/ssm/parameter-reader.ts'),
        ]);
        return createNumberReader(createSsmClient(), messagesPerRunParameter, MAX_PER_RUN);
      }),
      leaseMs: jobTimeout * 1000,
    },
  };
}
