import type { DeliveredMessage, MessageStore, ReceiveRequest } from './message-store.ts';

/** Delivers messages to receivers, either immediately or as soon as any are due. */
export interface LongPolling {
  /**
   * Delivers due messages. If there are none, waits for up to `waitSeconds`.
   * @param signal aborted when the receiver disconnects; the receiver then gets no messages
   */
  receive(
    queue: string,
    request: ReceiveRequest,
    waitSeconds: number,
    signal: AbortSignal,
  ): Promise<DeliveredMessage[]>;
  /** Wakes waiting receivers. Call this after a message is sent or its visibility changes. */
  notify(queue: string): void;
  /** Sends all waiting receivers an empty response. */
  end(): void;
}

interface Receiver {
  readonly request: ReceiveRequest;
  readonly answer: (messages: DeliveredMessage[]) => void;
}

interface Poll {
  /** Receivers in order of arrival. */
  readonly receivers: Set<Receiver>;
  /** The timer that fires when the next hidden message becomes visible; set only while a receiver is waiting. */
  alarm?: NodeJS.Timeout | undefined;
}

/**
 * The maximum interval between clock checks while a receiver waits for a hidden message, in milliseconds. The clock must be checked regularly,
 * because it may be moved forward, or a laptop may have been asleep.
 */
const LONGEST_WAIT_MS = 1_000;

export function createLongPolling(store: MessageStore, now: () => number): LongPolling {
  const polls = new Map<string, Poll>();

  function take(queue: string, request: ReceiveRequest): DeliveredMessage[] {
    const { delivered, redriven } = store.receive(queue, request, now());
    if (redriven > 0 && request.redrive) notify(request.redrive.queue);
    return delivered;
  }

  function notify(queue: string): void {
    const poll = polls.get(queue);
    if (!poll) return;
    for (const receiver of poll.receivers) {
      // Stops if no message is due yet, for example because the sent message is delayed. Looking up the earliest time is cheaper than searching for
      // due messages.
      const next = store.firstVisibleAt(queue);
      if (next === undefined || next > now()) break;
      const messages = take(queue, receiver.request);
      if (messages.length === 0) break;
      receiver.answer(messages);
    }
    setAlarm(queue, poll);
  }

  function setAlarm(queue: string, poll: Poll): void {
    clearTimeout(poll.alarm);
    poll.alarm = undefined;
    if (poll.receivers.size === 0) {
      polls.delete(queue);
      return;
    }
    const next = store.firstVisibleAt(queue);
    if (next === undefined) return;
    // A timer can fire a millisecond early. In that case no message is due yet, and the timer is set again.
    poll.alarm = setTimeout(notify, Math.max(1, Math.min(next - now(), LONGEST_WAIT_MS)), queue);
  }

  function wait(
    queue: string,
    request: ReceiveRequest,
    seconds: number,
    signal: AbortSignal,
  ): Promise<DeliveredMessage[]> {
    return new Promise((resolve) => {
      const poll = polls.get(queue) ?? { receivers: new Set<Receiver>() };
      polls.set(queue, poll);
      const receiver: Receiver = { request, answer };
      const giveUp = (): void => {
        answer([]);
        setAlarm(queue, poll);
      };
      const timeout = setTimeout(giveUp, seconds * 1000);
      signal.addEventListener('abort', giveUp, { once: true });
      poll.receivers.add(receiver);
      setAlarm(queue, poll);

      function answer(messages: DeliveredMessage[]): void {
        clearTimeout(timeout);
        signal.removeEventListener('abort', giveUp);
        poll.receivers.delete(receiver);
        resolve(messages);
      }
    });
  }

  return {
    async receive(queue, request, waitSeconds, signal) {
      if (signal.aborted) return [];
      const messages = take(queue, request);
      if (messages.length > 0 || waitSeconds === 0) return messages;
      return wait(queue, request, waitSeconds, signal);
    },
    notify,
    end() {
      for (const poll of polls.values()) {
        clearTimeout(poll.alarm);
        for (const receiver of poll.receivers) receiver.answer([]);
      }
      polls.clear();
    },
  };
}
