import type pg from 'pg';
import { scanNamedParameters } from 'errand-local/rds-data/named-parameters';
import type { DataApi, Parameter, Statement } from '../../lambdas/adapters/aurora/data-api.ts';

/** A case: what an adapter is asked for, with what it finds, and the pages that may be touched. */
export interface HotStatement {
  title: string;
  call: (dataApi: DataApi) => Promise<unknown>;
  /** What earlier statements of the same call answer. */
  answers?: unknown[][];
  maxPages: number;
  /** @default 200 */
  maxWastedRows?: number;
  /** A table that may be read from end to end. */
  mayScan?: string;
}

/** A statement as an adapter has sent it. */
export interface Sent {
  statement: Statement;
  parameters: Record<string, Parameter>;
}

/**
 * What a store's method sends: it runs against a Data API that answers each statement with the next of `answers`, and no row
 * after the last. A store that can't do without a row has sent its statement by then.
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

/** What running a statement came to. */
export interface Explained {
  /** Pages of 8 KB that it has touched, in the cache or not; one that it touched twice counts twice. */
  pages: number;
  /** The tables that were read from end to end. */
  scanned: string[];
  /** The most rows that one of its steps sorted, or read and threw away. */
  wastedRows: number;
  plan: PlanNode;
}

/**
 * Runs a statement as the Data API's server does, prepared and with the types that the parameters are sent with, and undoes what
 * it has written.
 */
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
  // A step's pages hold those of its own steps; what a WITH writes may end after the step above it, and is counted by itself.
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
