import { ConditionalCheckFailedException, type DynamoDBClient } from '@aws-sdk/client-dynamodb';

/** The slot adapter's requests to DynamoDB. */
export interface WaitSetInput {
  readonly Key: { readonly pk: { readonly S: string } };
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeValues?: {
    readonly ':waits': { readonly SS: readonly [string] };
    readonly ':max'?: { readonly N: string };
  };
}

/** A model of the DynamoDB items that contain the wait slots. Expired items are kept, because TTL deletion may take days. */
export class WaitSets {
  readonly #sets = new Map<string, Set<string>>();

  carryOut({ Key: key, UpdateExpression: update, ExpressionAttributeValues: values }: WaitSetInput): unknown {
    const set = this.#sets.get(key.pk.S) ?? new Set();
    if (!update || !values) return set.size > 0 ? { Item: { waits: { SS: [...set] } } } : {};
    this.#sets.set(key.pk.S, set);
    const [wait] = values[':waits'].SS;
    if (update.startsWith('DELETE')) set.delete(wait);
    else if (set.has(wait) || set.size < Number(values[':max']?.N)) set.add(wait);
    else throw new ConditionalCheckFailedException({ message: 'full', $metadata: {} });
    return {};
  }
}

/** Creates the client for the slot adapter. */
export function waitSetsClient(
  send: (operation: string, input: WaitSetInput) => Promise<unknown>,
): DynamoDBClient {
  const client = {
    send: (command: { constructor: { name: string }; input: WaitSetInput }) =>
      send(command.constructor.name, command.input),
  };
  return client as unknown as DynamoDBClient;
}
