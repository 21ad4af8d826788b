import {
  ConditionalCheckFailedException,
  GetItemCommand,
  UpdateItemCommand,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../job/clock.ts';
import type { WaitSlots } from '../../job/wait.ts';
import { endOfWork } from '../aws/http-handler.ts';
import { StoreUnavailableError } from '../../job/errors.ts';

/**
 * The length of a window, in seconds. A window is longer than the longest wait plus the reads that follow the wait, so
 * every wait ends in the window in which it began, or in the next window.
 */
const WINDOW_SECONDS = 30;

/**
 * The timeout for taking or releasing a slot, in milliseconds. The timeout is short, because a request that gets no slot
 * should be answered immediately.
 */
const PATIENCE_MS = 1_000;

/**
 * The number of characters in a wait's id, which is the random end of a UUIDv7. These 48 bits are enough to distinguish
 * all waits within a minute, but few enough to keep a set of hundreds of waits small.
 */
const ID_CHARACTERS = 12;

/** The maximum numbers of simultaneous waits, per tenant and in total; 0 allows none. */
export interface WaitLimits {
  perTenant: number;
  total: number;
}

/** The set of unfinished waits that began in a window, for one tenant or for all tenants. */
interface WaitSet {
  prefix: string;
  window: number;
}

/**
 * Wait slots in DynamoDB. Time is divided into windows of 30 s. Each window has one item per tenant and one item for all
 * tenants. Each item contains the set of unfinished waits that began in the window. To take a slot, an instance adds its
 * wait to the current window's two sets, if they have room. Each limit is reduced by the number of unfinished waits in
 * the previous window's set. The number of unfinished waits from a previous window can only shrink, so the limits always
 * hold unless clocks differ. If an instance crashes, its slot becomes free at the end of the next window.
 *
 * The items contain sets instead of counters, because the SDK may retry a call: removing an id from a set twice frees only
 * one slot.
 */
export function createWaitSlots(
  client: DynamoDBClient,
  tableName: string,
  limits: WaitLimits,
  { now, newId }: Pick<Clock, 'now' | 'newId'>,
): WaitSlots {
  const currentWindow = (): number => Math.floor(now().getTime() / 1000 / WINDOW_SECONDS);
  const item = ({ prefix, window }: WaitSet) => ({
    TableName: tableName,
    Key: { pk: { S: `${prefix}#${window}` } },
  });

  async function size(set: WaitSet, abortSignal: AbortSignal): Promise<number> {
    const command = new GetItemCommand({
      ...item(set),
      ConsistentRead: true,
      ProjectionExpression: 'waits',
    });
    const { Item: found } = await client.send(command, { abortSignal });
    return found?.waits?.SS?.length ?? 0;
  }

  /** Adds a wait to a set. @returns false if the set already has `max` waits */
  async function add(set: WaitSet, wait: string, max: number, abortSignal: AbortSignal): Promise<boolean> {
    const command = new UpdateItemCommand({
      ...item(set),
      UpdateExpression: 'ADD waits :waits SET expires_at = :expires_at',
      // The last condition covers a retry by the SDK, whose first attempt may have added the wait.
      ConditionExpression: 'attribute_not_exists(waits) OR size(waits) < :max OR contains(waits, :wait)',
      ExpressionAttributeValues: {
        ':waits': { SS: [wait] },
        ':wait': { S: wait },
        ':max': { N: String(max) },
        // The set is needed until the end of the next window, and kept for one more window to allow for clock skew.
        ':expires_at': { N: String((set.window + 3) * WINDOW_SECONDS) },
      },
    });
    try {
      await client.send(command, { abortSignal });
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      throw error;
    }
  }

  async function remove(sets: readonly WaitSet[], wait: string, abortSignal: AbortSignal): Promise<void> {
    await Promise.all(
      sets.map((set) =>
        client.send(
          new UpdateItemCommand({
            ...item(set),
            UpdateExpression: 'DELETE waits :waits',
            ExpressionAttributeValues: { ':waits': { SS: [wait] } },
          }),
          { abortSignal },
        ),
      ),
    );
  }

  /**
   * Adds a wait to its tenant's set and to the set for all tenants.
   *
   * @returns both sets; undefined if there was no free slot
   */
  async function enter(tenant: string, wait: string): Promise<WaitSet[] | undefined> {
    const signal = patience();
    const window = currentWindow();
    const counted = [
      { prefix: `waits#${tenant}`, max: limits.perTenant },
      { prefix: 'waits', max: limits.total },
    ];
    const left = await Promise.all(
      counted.map(async ({ prefix, max }) => max - (await size({ prefix, window: window - 1 }, signal))),
    );
    if (left.some((slots) => slots <= 0)) return undefined;
    const entered: WaitSet[] = [];
    for (const [index, { prefix }] of counted.entries()) {
      const set = { prefix, window };
      if (!(await add(set, wait, left[index] ?? 0, signal))) break;
      entered.push(set);
    }
    // Give the slot up if the next window has begun, because other instances may have read this window's sets before the
    // wait was added.
    if (entered.length === counted.length && currentWindow() === window) return entered;
    await remove(entered, wait, signal);
    return undefined;
  }

  return {
    async take(tenant) {
      if (limits.perTenant === 0 || limits.total === 0) return undefined;
      const wait = newId().slice(-ID_CHARACTERS);
      const entered = await enter(tenant, wait).catch(unavailable);
      return entered && { release: () => remove(entered, wait, patience()).catch(unavailable) };
    },
  };
}

function unavailable(error: unknown): never {
  throw new StoreUnavailableError('dynamodb', 'unknown', error);
}

/** Creates a signal that fires when a call times out, or when the invocation must respond. */
function patience(): AbortSignal {
  const timeout = AbortSignal.timeout(PATIENCE_MS);
  const end = endOfWork();
  return end ? AbortSignal.any([timeout, end]) : timeout;
}
