import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createActivityLog } from '../../../lambdas/adapters/dynamodb/activity.ts';
import { DedupTable } from '../../helpers/dedup-table.ts';

/** A window that was opened; no two that overlap may both have a job. */
export interface OpenedWindow {
  readonly objectId: string;
  readonly jobId: string;
  readonly from: number;
  /** Moved forward if the window ends with the start of its job. */
  to: number;
}

type Item = Record<string, { N: string }>;

/** DynamoDB: the keys of the dedup windows, and the item of the sweeper's marks. Expired keys stay, for its TTL may take days. */
export class TableModel {
  readonly windows: OpenedWindow[] = [];
  readonly activity: Item = {};
  readonly dedup: DedupTable;

  /** @param onEarlyEnd called if a key replaces that of a job whose window has not expired */
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

  /** Reads and writes the item of the marks, as the adapter asks for it. */
  carryOut(operation: string, input: ActivityInput): unknown {
    if (operation === 'GetItemCommand') return { Item: { ...this.activity } };
    const names = input.ExpressionAttributeNames ?? {};
    const values = input.ExpressionAttributeValues ?? {};
    const [, removed] = input.UpdateExpression?.split(' REMOVE ') ?? [];
    for (const [placeholder, name] of Object.entries(names)) {
      const value = values[placeholder.replace('#', ':')];
      if (value) this.activity[name] = value;
    }
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- an item's attribute, as DynamoDB removes it
    if (removed !== undefined) delete this.activity[names[removed] ?? ''];
    return {};
  }

  /** Whether the sweeper would look into the database at that moment, by the adapter's own rule. */
  async sweeperWouldLook(at: number): Promise<boolean> {
    const client = activityClient((operation, input) => Promise.resolve(this.carryOut(operation, input)));
    return (await createActivityLog(client, 'table', () => new Date(at)).look()).mayHaveWork;
  }

  /** From when on the sweeper looks again, if it has noted a time down. */
  dueAt(): number | undefined {
    const at = this.activity.due_at?.N;
    return at === undefined ? undefined : Number(at);
  }
}

/** The operations on the item of the marks, as the adapter writes them. */
export interface ActivityInput {
  UpdateExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Item;
}

/** The client that the adapter of the marks gets. */
export function activityClient(
  send: (operation: string, input: ActivityInput) => Promise<unknown>,
): DynamoDBClient {
  const client = {
    send: (command: { constructor: { name: string }; input: ActivityInput }) =>
      send(command.constructor.name, command.input),
  };
  return client as unknown as DynamoDBClient;
}
