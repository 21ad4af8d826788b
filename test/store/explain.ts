import type pg from 'pg';
import { scanNamedParameters } from 'errand-local/rds-data/named-parameters';
import type { DataApi, Parameter, Statement } from '../../lambdas/adapters/aurora/data-api.ts';

/** An adapter call, its canned responses, and the maximum number of pages that the call may read. */
export interface HotStatement {
  title: string;
  call: (dataApi: DataApi) => Promise<unknown>;
  /** The results of all statements that the call sends before its last statement. */
  answers?: unknown[][];
  maxPages: number;
  /** @default 200 */
  maxWastedRows?: number;
  /** The table that the statement may scan completely. */
  mayScan?: string;
}

/** A statement that an adapter sent. */
export interface Sent {
  statement: Statement;
  parameters: Record<string, Parameter>;
}

/**
 * Records the statements that a store's method sends. The stubbed Data API returns the next entry of `answers` for each statement, and no rows after
 * the last entry. A store that needs a row may then fail, but the statements sent so far are recorded.
 */
export async function sentBy(
  call: (dataApi: DataApi) => Promise<unknown>,
  answers: unknown[][] = [],
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const answer = (statement: Statement, parameters: Record<string, Parameter> = {}): unknown[] => {
    sent.push({ statement, parameters });
    return answers[sent.length - 1] ?? [];
  };
  await call({
    query: (statement, parameters) => Promise.resolve(answer(statement, parameters) as never[]),
    queryText: (statement, parameters) => Promise.resolve(answer(statement, parameters) as string[]),
    queryKnowing: (statement, parameters) =>
      Promise.resolve({ rows: answer(statement, parameters) as never[], isOnly: true }),
  }).catch((error: unknown) => {
    if (!String(error).includes('no row')) throw error;
  });
  return sent;
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Index Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

/** The cost of running a statement. */
export interface Explained {
  /** The number of 8 KB pages read, cached or not. A page that is read twice counts twice. */
  pages: number;
  /** The tables that were scanned completely. */
  scanned: string[];
  /** The maximum number of rows that any plan node sorted, or read and discarded. */
  wastedRows: number;
  plan: PlanNode;
}

/** Runs a statement as the Data API does, prepared and with typed parameters, and rolls back its changes. */
export async function explain(client: pg.PoolClient, { statement, parameters }: Sent): Promise<Explained> {
  const { text, names } = scanNamedParameters(statement.sql);
  const places = names.map((name) => parameters[name] ?? null);
  const types = places.length > 0 ? `(${places.map(typeOf).join(', ')})` : '';
  const values = places.length > 0 ? `(${places.map((value) => literal(client, value)).join(', ')})` : '';
  await client.query('BEGIN');
  try {
    await client.query(`PREPARE explained ${types} AS ${text}`);
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) EXECUTE explained ${values}`,
    );
    const plan = rows[0]?.['QUERY PLAN'][0].Plan;
    if (!plan) throw new Error(`Postgres did not explain ${statement.name}.`);
    return summarize(plan);
  } finally {
    await client.query('ROLLBACK');
    await client.query('DEALLOCATE ALL');
  }
}

function typeOf(value: Parameter): string {
  if (value === null) return 'unknown';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'boolean') return 'bool';
  return Number.isInteger(value) ? 'bigint' : 'float8';
}

function literal(client: pg.PoolClient, value: Parameter): string {
  return value === null ? 'NULL' : typeof value === 'string' ? client.escapeLiteral(value) : String(value);
}

function summarize(plan: PlanNode): Explained {
  const nodes = nodesOf(plan);
  // A node's page count includes its children's pages. The maximum over all nodes is taken, because a data-modifying WITH may finish after its
  // parent.
  const pages = Math.max(...nodes.map((node) => node['Shared Hit Blocks'] + node['Shared Read Blocks']));
  const scanned = nodes
    .filter((node) => node['Node Type'] === 'Seq Scan')
    .map((node) => node['Relation Name'] ?? '');
  const wasted = nodes.map((node) => {
    const removed = (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops'];
    const sorted = node['Node Type'].includes('Sort')
      ? Math.max(...(node.Plans ?? []).map((from) => from['Actual Rows']))
      : 0;
    return Math.max(removed, sorted);
  });
  return { pages, scanned, wastedRows: Math.max(...wasted), plan };
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
