import type { DataApi } from '../adapters/aurora/data-api.ts';
import { createOutbox } from '../adapters/aurora/message-store.ts';
import { systemChance } from '../adapters/system.ts';
import type { Environment, environments } from '../environment.ts';
import { lazySecretReader } from './lazy-secret-reader.ts';
import { lazy } from '../lazy.ts';
import type { MessagesSettings } from '../handlers/send-messages.ts';
import { MAX_PER_RUN } from '../message/message.ts';

/** A secret without a value looks like one that can't be read; the logged cause tells them apart. */
const NO_KEY =
  'The key for MESSAGES_URL could not be read. Has the secret of the output MessagesSecretArn been given a value?';

/** The dependencies of `send_messages`; none in a deployment without MESSAGES_URL. */
export function createMessages(
  dataApi: DataApi,
  environment: Environment<(typeof environments)['worker']>,
): MessagesSettings {
  const { jobTimeout, messagesUrl, messagesSecretArn, messagesPerRunParameter } = environment;
  if (messagesSecretArn === undefined || messagesPerRunParameter === undefined) return { url: undefined };
  return {
    url: messagesUrl,
    run: {
      outbox: createOutbox(dataApi),
      chance: systemChance,
      readKey: lazySecretReader(messagesSecretArn, NO_KEY),
      readPerRun: lazy(async () => {
        const [{ createSsmClient }, { createNumberReader }] = await Promise.all([
          import('../adapters/parameter-reader.ts'),
          import('../adapters/parameter-reader.ts'),
        ]);
        return createNumberReader(createSsmClient(), messagesPerRunParameter, MAX_PER_RUN);
      }),
      // The function's timeout: no lease may end before it.
      leaseMs: jobTimeout * 1000,
    },
  };
}
