import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createActivityLog } from '../../../lambdas/adapters/dynamodb/activity.ts';
import { DedupTable } from '../../helpers/dedup-table.ts';

/** A dedup window that was opened. Two overlapping windows of an object must not have different jobs. */
export interface OpenedWindow {
  readonly objectId: string;
  readonly jobId: string;
  readonly from: number;
  /** The window's end. If the object's next window opens earlier, this window ends at that moment. */
  to: number;
}

type Item = Record<string, { N: string }>;

/**
 * A model of the DynamoDB table, with the dedup keys and the sweeper's activity item. The model keeps expired keys, because TTL deletion may take
 * days.
 */
export class TableModel {
  readonly windows: OpenedWindow[] = [];
  readonly activity: Item = {};
  readonly dedup: DedupTable;

  /** @param onEarlyEnd called if a key is replaced before its window has ended */
  constructor(now: () => number, onEarlyEnd: (jobId: string) => void) {
    this.dedup = new DedupTable(({ objectId, holder, before }) => {
      if (before && before.windowEndsAt.getTime() > now()) onEarlyEnd(before.jobId);
      for (const window of this.windows) {
        if (window.jobId === before?.jobId) window.to = Math.min(window.to, now());
      }
      const to = holder.windowEndsAt.getTime();
      this.windows.push({ objectId, jobId: holder.jobId, from: now(), to });
    });
  }

  /** Executes a read or write of the sweeper's activity item. */
  carryOut(operation: string, input: ActivityInput): unknown {
    if (operation === 'GetItemCommand') return { Item: { ...this.activity } };
    const names = input.ExpressionAttributeNames ?? {};
    const values = input.ExpressionAttributeValues ?? {};
    const [, removed] = input.UpdateExpression?.split(' REMOVE ') ?? [];
    for (const [placeholder, name] of Object.entries(names)) {
      const value = values[placeholder.replace('#', ':')];
      if (value) this.activity[name] = value;
    }
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- removes an item's attribute, like DynamoDB
    if (removed !== undefined) delete this.activity[names[removed] ?? ''];
    return {};
  }

  /** Whether the adapter would make the sweeper read the database at this time. */
  async sweeperWouldLook(at: number): Promise<boolean> {
    const client = activityClient((operation, input) => Promise.resolve(this.carryOut(operation, input)));
    return (await createActivityLog(client, 'table', () => new Date(at)).look()).mayHaveWork;
  }

  /** Returns the recorded time at which the sweeper next reads the database; undefined if none is recorded. */
  dueAt(): number | undefined {
    const at = this.activity.due_at?.N;
    return at === undefined ? undefined : Number(at);
  }
}

/** The adapter's operations on the sweeper's activity item. */
export interface ActivityInput {
  UpdateExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
}

/** Creates the client for the adapter that reads and writes the activity item. */
export function activityClient(
  send: (operation: string, input: ActivityInput) => Promise<unknown>,
): DynamoDBClient {
  const client = {
    send: (command: { constructor: { name: string }; input: ActivityInput }) =>
      send(command.constructor.name, command.input),
  };
  return client as unknown as DynamoDBClient;
}
