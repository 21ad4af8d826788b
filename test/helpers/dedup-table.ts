import {
  ConditionalCheckFailedException,
  type AttributeValue,
  type BatchStatementRequest,
  type BatchStatementResponse,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { createDedupWindow } from '../../lambdas/adapters/dynamodb/dedup-window.ts';
import { createDedupWindows } from '../../lambdas/adapters/dynamodb/dedup-windows.ts';
import type { DedupHolder, DedupWindow } from '../../lambdas/job/dedup.ts';
import { parseStatement, type Condition } from '../../packages/local/src/dynamodb/partiql-syntax.ts';

type Item = Record<string, AttributeValue>;

/** The kind of call that an adapter makes: to open one or several windows, to take over a window, or to release one or several windows. */
export type DedupCall = 'window' | 'windows' | 'adoption' | 'release' | 'releases';

/** One write within an adapter's call. Each write is atomic, but other actors may write between two writes of the same call. */
export type DedupWrite = () => BatchStatementResponse;

/**
 * Decides when to execute a call's writes. Returns the results that the caller receives: either the writes' own results, in order, or made-up
 * results. Throws to make the whole call fail.
 */
export type CarryOut = (
  call: DedupCall,
  keys: readonly string[],
  writes: readonly DedupWrite[],
) => Promise<BatchStatementResponse[]>;

/** A dedup key written by a submission. */
export interface KeyWritten {
  readonly objectId: string;
  readonly holder: DedupHolder;
  /** The holder in the replaced key; undefined if the write created the key. */
  readonly before: DedupHolder | undefined;
}

interface Input {
  Item?: Item;
  Key?: Item;
  ExpressionAttributeValues?: Item;
  Statements?: BatchStatementRequest[];
}

/**
 * A model of the dedup table in DynamoDB. The adapters access the model through a fake SDK client. The model keeps expired items until
 * {@link deleteExpired} is called.
 */
export class DedupTable {
  readonly #items = new Map<string, Item>();
  readonly #onWrite: (written: KeyWritten) => void;

  constructor(onWrite: (written: KeyWritten) => void) {
    this.#onWrite = onWrite;
  }

  /** The dedup keys, indexed by `["<tenant>","<object>"]`. */
  get keys(): ReadonlyMap<string, DedupHolder> {
    return new Map([...this.#items].map(([key, item]) => [nameOf(key), holderOf(item)]));
  }

  /** Deletes expired items. The real DynamoDB deletes an item some time after the item expires. */
  deleteExpired(now: number): void {
    for (const [key, item] of this.#items) if (Number(item.window_ends_at?.N) <= now) this.#items.delete(key);
  }

  /** Creates the dedup adapter of one actor. */
  adapter(now: () => number, carryOut: CarryOut): DedupWindow {
    const client = this.#client(carryOut);
    const time = (): Date => new Date(now());
    const single = createDedupWindow(client, 'table', time);
    return { ...single, ...createDedupWindows(client, 'table', time, single) };
  }

  #client(carryOut: CarryOut): DynamoDBClient {
    const one = async (call: DedupCall, key: string, write: DedupWrite): Promise<object> => {
      const [answer] = await carryOut(call, [key], [write]);
      if (!answer?.Error) return {};
      const { Item: item } = answer.Error;
      throw new ConditionalCheckFailedException({ message: '', $metadata: {}, ...(item && { Item: item }) });
    };
    const send = async (command: { constructor: { name: string }; input: Input }): Promise<object> => {
      const { Item: item = {}, Key: { pk } = {}, ExpressionAttributeValues: values = {} } = command.input;
      const key = pk?.S ?? item.pk?.S ?? '';
      switch (command.constructor.name) {
        case 'PutItemCommand':
          return one('window', key, () => this.#put(item, values));
        case 'UpdateItemCommand':
          return one('adoption', key, () => this.#adopt(key, values));
        case 'DeleteItemCommand':
          return one('release', key, () =>
            this.#delete(key, (found) => isSame(found.owner, values[':owner'])),
          );
        case 'BatchExecuteStatementCommand': {
          const { Statements: statements = [] } = command.input;
          const isDelete = statements[0]?.Statement?.startsWith('DELETE') === true;
          const writes = statements.map((statement) => () => this.#execute(statement));
          const keys = statements.map(({ Parameters: parameters = [] }) =>
            String(parameters.find(({ S: text }) => text?.startsWith('object#'))?.S),
          );
          return { Responses: await carryOut(isDelete ? 'releases' : 'windows', keys, writes) };
        }
        default:
          throw new Error(`The model does not support ${command.constructor.name}.`);
      }
    };
    return { send } as unknown as DynamoDBClient;
  }

  #put(item: Item, values: Item): BatchStatementResponse {
    const found = this.#items.get(item.pk?.S ?? '');
    const hasEnded =
      !found ||
      Number(found.window_ends_at?.N) <= Number(values[':now']?.N) ||
      isSame(found.job_id, values[':over']);
    return hasEnded ? this.#write(item, found) : refusal(found);
  }

  #adopt(key: string, values: Item): BatchStatementResponse {
    const found = this.#items.get(key);
    if (!found || !isSame(found.owner, values[':from'])) return refusal(found);
    this.#items.set(key, { ...found, owner: values[':to'] ?? found.pk ?? { S: '' } });
    return {};
  }

  #delete(key: string, condition: (found: Item) => boolean): BatchStatementResponse {
    const found = this.#items.get(key);
    if (found && !condition(found)) return refusal(found);
    this.#items.delete(key);
    return {};
  }

  /**
   * Executes a PartiQL statement: see
   * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.html.
   */
  #execute({
    Statement: text = '',
    Parameters: parameters = [],
    ReturnValuesOnConditionCheckFailure: returned,
  }: BatchStatementRequest): BatchStatementResponse {
    const statement = parseStatement(text);
    const valueOf = (parameter: number): AttributeValue => parameters[parameter] ?? { S: '' };
    const itemOf = (assigned: readonly { name: string; parameter: number }[]): Item =>
      Object.fromEntries(assigned.map(({ name, parameter }) => [name, valueOf(parameter)]));
    if (statement.kind === 'INSERT') {
      const item = itemOf(statement.item);
      const found = this.#items.get(item.pk?.S ?? '');
      return found ? { Error: { Code: 'DuplicateItem' } } : this.#write(item, undefined);
    }
    const key = keyIn(statement.where, valueOf);
    const holds = (found: Item): boolean => isMet(statement.where, found, valueOf);
    if (statement.kind === 'DELETE') return this.#delete(key, holds);
    const found = this.#items.get(key);
    if (!found || !holds(found)) return refusal(returned === 'ALL_OLD' ? found : undefined);
    return this.#write({ ...found, ...itemOf(statement.sets) }, found);
  }

  #write(item: Item, found: Item | undefined): BatchStatementResponse {
    const key = item.pk?.S ?? '';
    this.#items.set(key, item);
    const [, objectId] = JSON.parse(nameOf(key)) as [string, string];
    this.#onWrite({ objectId, holder: holderOf(item), before: found && holderOf(found) });
    return {};
  }
}

function refusal(found: Item | undefined): BatchStatementResponse {
  return { Error: { Code: 'ConditionalCheckFailed', ...(found && { Item: found }) } };
}

function nameOf(key: string): string {
  const [, tenant, objectId] = /^object#([^#]*)#(.*)$/s.exec(key) ?? [];
  return JSON.stringify([tenant, objectId]);
}

function holderOf({ job_id: jobId, owner, window_ends_at: endsAt }: Item): DedupHolder {
  return { jobId: jobId?.S ?? '', owner: owner?.S ?? '', windowEndsAt: new Date(Number(endsAt?.N)) };
}

function isSame(found: AttributeValue | undefined, wanted: AttributeValue | undefined): boolean {
  return found?.S !== undefined && found.S === wanted?.S;
}

function keyIn(where: Condition, valueOf: (parameter: number) => AttributeValue): string {
  const parts = 'joint' in where ? where.parts : [where];
  const key = parts.find((part) => 'name' in part && part.name === 'pk');
  if (!key || 'joint' in key) throw new Error('A statement names no key.');
  return valueOf(key.parameter).S ?? '';
}

function isMet(condition: Condition, item: Item, valueOf: (parameter: number) => AttributeValue): boolean {
  if ('joint' in condition) {
    const holds = (part: Condition): boolean => isMet(part, item, valueOf);
    return condition.joint === 'AND' ? condition.parts.every(holds) : condition.parts.some(holds);
  }
  const [found, wanted] = [item[condition.name], valueOf(condition.parameter)];
  return condition.comparator === '=' ? isSame(found, wanted) : Number(found?.N) <= Number(wanted.N);
}
