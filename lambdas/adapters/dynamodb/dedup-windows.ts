import type { BatchStatementRequest, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DedupHolder, DedupWindow, OpenedWindow, OwnedWindow, WindowToOpen } from '../../job/dedup.ts';
import { heldBy, partitionKey, toItem } from './dedup-item.ts';
import type { SingleDedupWindow } from './dedup-window.ts';
import { executeStatements, type StatementOutcome } from './execute-statements.ts';

/*
 * Opens several dedup windows in batches of PartiQL statements. Each statement is atomic and has its own condition; a call
 * with 25 statements is not a transaction.
 *
 * DynamoDB rejects an INSERT if the window already has an item, but does not say whether that window has ended. An UPDATE
 * therefore follows, which replaces an ended window. If the window is still open, the UPDATE is rejected, and the error
 * contains the item. If the SDK retries a call, the first try may have been partly executed. In that case, the rejected
 * UPDATE returns the submission's own item, and the window counts as opened, as with a retried PutItem.
 *
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html
 */

type Result = OpenedWindow | { error: unknown };
type StatementOf<Window> = (window: Window, table: string) => BatchStatementRequest;

/**
 * Opens and closes several windows, each for a different object, in batches.
 *
 * @param single opens a window in a separate call if the batches don't show whether the window was opened
 */
export function createDedupWindows(
  client: DynamoDBClient,
  tableName: string,
  now: () => Date,
  single: Pick<SingleDedupWindow, 'open'>,
): Pick<DedupWindow, 'openAll' | 'releaseAll'> {
  const execute = <Window>(windows: readonly Window[], statementOf: StatementOf<Window>) =>
    executeStatements(
      client,
      windows.map((window) => statementOf(window, `"${tableName}"`)),
    );
  const openOne = async (window: WindowToOpen): Promise<readonly [WindowToOpen, Result]> => {
    const { key, holder, over } = window;
    const opening: Promise<Result> = single.open(key, holder, over);
    return [window, await opening.catch((error: unknown) => ({ error }))];
  };

  return {
    async openAll(windows) {
      const results = new Map<WindowToOpen, Result>();
      /** @returns the windows for which it is still unknown whether they were opened */
      const decide = async (some: readonly WindowToOpen[], statementOf: StatementOf<WindowToOpen>) => {
        const outcomes = await execute(some, statementOf);
        return some.filter((window, index) => {
          const result = resultOf(outcomes[index], window.holder);
          if (result) results.set(window, result);
          return !result;
        });
      };
      const fresh = windows.filter(({ over }) => over === undefined);
      const existing = await decide(fresh, insert);
      const vanished = await decide(
        [...existing, ...windows.filter(({ over }) => over !== undefined)],
        update(now),
      );
      // These windows' items were deleted between the two statements, by a release or by the TTL.
      for (const [window, result] of await Promise.all(vanished.map(openOne))) results.set(window, result);
      return windows.map((window) => results.get(window) ?? { error: new Error('A window has no result.') });
    },

    async releaseAll(windows) {
      const outcomes = await execute(windows, remove);
      return outcomes.flatMap((outcome) => ('error' in outcome ? [outcome.error] : []));
    },
  };
}

/**
 * Derives a window's result from a statement's outcome. Returns undefined if the statement was rejected without returning
 * the item.
 */
function resultOf(outcome: StatementOutcome | undefined, holder: DedupHolder): Result | undefined {
  if (!outcome) return undefined;
  if ('error' in outcome) return outcome;
  if ('done' in outcome) return { opened: true };
  if (!outcome.item) return undefined;
  try {
    return heldBy(outcome.item, holder);
  } catch (error) {
    return { error };
  }
}

function insert({ key, holder }: WindowToOpen, table: string): BatchStatementRequest {
  const item = Object.entries(toItem(key, holder));
  const attributes = item.map(([name]) => `'${name}': ?`).join(', ');
  return {
    Statement: `INSERT INTO ${table} VALUE {${attributes}}`,
    Parameters: item.map(([, value]) => value),
  };
}

/**
 * Creates a statement that sets every attribute of an item, as a PutItem would, so that nothing remains of the previous
 * window.
 */
function update(now: () => Date): StatementOf<WindowToOpen> {
  return ({ key, holder, over }, table) => {
    const { pk, ...attributes } = toItem(key, holder);
    const sets = Object.keys(attributes).map((name) => `SET "${name}" = ?`);
    const hasEnded = over === undefined ? '"window_ends_at" <= ?' : '("window_ends_at" <= ? OR "job_id" = ?)';
    const overs = over === undefined ? [] : [{ S: over }];
    return {
      Statement: `UPDATE ${table} ${sets.join(' ')} WHERE "pk" = ? AND ${hasEnded}`,
      Parameters: [...Object.values(attributes), pk, { N: String(now().getTime()) }, ...overs],
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
  };
}

/**
 * Creates a statement that deletes an item. The statement succeeds if there is no item, but is rejected if the item has
 * another owner.
 */
function remove({ key, owner }: OwnedWindow, table: string): BatchStatementRequest {
  return {
    Statement: `DELETE FROM ${table} WHERE "pk" = ? AND "owner" = ?`,
    Parameters: [{ S: partitionKey(key) }, { S: owner }],
  };
}
