import type { Message, TakenMessage, MessageQuery, MessageStore } from '../../message/message.ts';
import type { Outbox } from '../../message/send.ts';
import type { DataApi } from './data-api.ts';
import {
  GET_MESSAGE,
  GIVE_BACK_MESSAGES,
  INSERT_MESSAGE,
  listMessages,
  SETTLE_MESSAGE,
  TAKE_MESSAGES,
  type MessageFilter,
} from './sql/messages.ts';

/** Gives the API access to messages in Aurora. */
export function createMessageStore(dataApi: DataApi): MessageStore {
  return {
    async insert({ message_id: messageId, to: recipient, ...rest }) {
      const parameters = { message_id: messageId, recipient, ...rest };
      const [message] = await dataApi.query<Message>(INSERT_MESSAGE, parameters);
      if (!message) throw new Error(`${INSERT_MESSAGE.name} returned no row.`);
      return message;
    },

    async get(tenant, messageId) {
      const [message] = await dataApi.query<Message>(GET_MESSAGE, { tenant, message_id: messageId });
      return message;
    },

    list(query) {
      const filters = filtersOf(query);
      const statement = listMessages(Object.keys(filters) as MessageFilter[]);
      return dataApi.query<Message>(statement, { tenant: query.tenant, limit: query.limit, ...filters });
    },
  };
}

/** Gives the message sender access to messages in Aurora. */
export function createOutbox(dataApi: DataApi): Outbox {
  return {
    take({ tenant, taker, limit, leaseMs, maxAttempts }) {
      const parameters = { tenant, taker, limit, lease_ms: Math.ceil(leaseMs), max_attempts: maxAttempts };
      return dataApi.query<TakenMessage>(TAKE_MESSAGES, parameters);
    },

    async settle(settlement) {
      const [isOurs] = await dataApi.query<boolean>(SETTLE_MESSAGE, {
        message_id: settlement.messageId,
        taker: settlement.taker,
        attempt: settlement.attempt,
        status: settlement.status,
        receiver_message_id: settlement.receiverMessageId,
        error: settlement.error,
        retry_in_ms: Math.round(settlement.retryInMs),
      });
      return isOurs ?? false;
    },

    async giveBack(taker, messageIds) {
      await dataApi.query(GIVE_BACK_MESSAGES, { taker, message_ids: JSON.stringify(messageIds) });
    },
  };
}

function filtersOf({ status, before }: MessageQuery): Partial<Record<MessageFilter, string>> {
  return { ...(status !== undefined && { status }), ...(before !== undefined && { before }) };
}
