import { readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Cloud } from '../helpers/cloud.ts';
import { sql } from '../helpers/embedded.ts';
import { momentOf } from './journal.ts';
import { batchKey, type Ledger } from './ledger.ts';
import type { Tenant } from './schedule.ts';
import type { Finding } from './verdict.ts';

/** An order with its steps, signals and parts. */
export interface OrderRow {
  readonly job_id: string;
  readonly tenant: string;
  readonly batch_id: string | null;
  readonly status: string;
  readonly parts: number;
  readonly result: { charge: string; parts: number[]; timedOut: boolean; ship: string } | null;
  readonly steps: readonly {
    step: string;
    kind: string;
    status: string;
    result: unknown;
    timed_out: boolean;
  }[];
  readonly signals: readonly { key: string; taken_by: string | null }[];
  readonly children: readonly { place: number; status: string; after_fan_in: boolean; is_retried: boolean }[];
}

/** Creates the file to which orders write their step calls. */
export function newJournal(seed: number): string {
  const file = path.join(os.tmpdir(), `errand-chaos-${seed}-${process.pid}`);
  writeFileSync(file, '');
  return file;
}

/** Reads the orders that have not ended. */
export async function openOrders(cloud: Cloud): Promise<{ jobId: string; tenant: Tenant }[]> {
  const rows = await sql(
    cloud,
    `SELECT CAST(job_id AS text), tenant FROM jobs WHERE type = 'order' AND end_time IS NULL`,
  );
  return rows.map(([jobId = '', tenant]) => ({ jobId, tenant: tenant as Tenant }));
}

/**
 * Checks the orders. A step must not be called again once its result has been recorded, no signal may be lost, and each fan-in must wait for
 * all of its parts.
 */
export function judgeOrders(
  orders: readonly OrderRow[],
  ledger: Ledger,
  noted: readonly string[],
): Finding[] {
  const linesOf = Map.groupBy(noted, (line) => line.slice(0, line.indexOf(' ')));
  return orders.flatMap((order) => [
    ...repeatedSteps(order.job_id, linesOf.get(order.job_id) ?? []),
    ...judgeOrder(order, ledger),
  ]);
}

function repeatedSteps(jobId: string, lines: readonly string[]): Finding[] {
  return ['charge', 'ship']
    .filter((step) => {
      const recordedAt = lines.indexOf(`${jobId} recorded ${step}`);
      return recordedAt >= 0 && lines.lastIndexOf(`${jobId} call ${step}`) > recordedAt;
    })
    .map((step): Finding => ({
      failing: 'doubled',
      jobId,
      what: `its step ${step} was called again after its result was recorded`,
    }));
}

function judgeOrder(order: OrderRow, ledger: Ledger): Finding[] {
  const { job_id: jobId, batch_id: batchId, status, result, steps, signals, children } = order;
  const findings: Finding[] = [];
  const find = (failing: Finding['failing'], what: string): void => {
    findings.push({ failing, jobId, what });
  };
  const keys = new Set(signals.map(({ key }) => key));
  for (const key of ledger.signals.get(jobId) ?? []) if (!keys.has(key)) find('lost', `its signal ${key}`);
  const stepOf = new Map(steps.map((step) => [step.step, step]));
  const taken = signals.filter(({ taken_by: by }) => by !== null).length;
  const paid = stepOf.get('paid');
  if (taken !== (paid?.status === 'success' && !paid.timed_out ? 1 : 0))
    find('wrong', `took ${taken} signals`);
  const places = new Set(children.map(({ place }) => place));
  if (places.size < children.length) find('doubled', 'a part was submitted twice');
  const hasFannedIn = stepOf.get('parts')?.status === 'success';
  if (hasFannedIn && children.length < order.parts)
    find('lost', `${children.length} of its parts were submitted`);
  if (hasFannedIn && children.some((child) => child.after_fan_in && !child.is_retried))
    find('wrong', 'continued before all of its parts had ended');
  const bulkCancels = batchId === null ? 0 : ledger.bulkOf(batchKey(order.tenant, batchId)).cancel;
  const mayBeCanceled = bulkCancels + (ledger.jobs.get(jobId)?.cancelRequests ?? 0) > 0;
  if (!mayBeCanceled && children.some((child) => child.status === 'canceled'))
    find('wrong', 'a part is canceled, although nobody requested it');
  if (status !== 'success') return findings;
  const recorded = {
    charge: stepOf.get('charge')?.result,
    parts: Array.from({ length: order.parts }, (_, index) => index),
    timedOut: paid?.timed_out,
    ship: stepOf.get('ship')?.result,
  };
  if (!isDeepStrictEqual(result, recorded))
    find('wrong', `has the result ${JSON.stringify(result)}, and its steps ${JSON.stringify(recorded)}`);
  if (steps.some((step) => step.status === 'waiting' && step.kind !== 'sleep'))
    find('wrong', 'has a step that waits');
  return findings;
}

/** Reads the lines of the file to which orders write their step calls. */
export function readJournal(journal: string): string[] {
  return readFileSync(journal, 'utf8').trimEnd().split('\n');
}

export async function readOrders(cloud: Parameters<typeof sql>[0]): Promise<OrderRow[]> {
  const rows = await sql(
    cloud,
    `SELECT CAST(json_build_object(
       'job_id', j.job_id, 'tenant', j.tenant, 'batch_id', j.batch_id, 'status', j.status, 'result', j.result, 'parts', CAST(j.payload ->> 'parts' AS integer),
       'steps', (
         SELECT COALESCE(json_agg(json_build_object(
           'step', s.step, 'kind', s.kind, 'status', s.status, 'result', s.result, 'timed_out', s.timed_out)), '[]')
         FROM job_steps s WHERE s.job_id = j.job_id),
       'signals', (
         SELECT COALESCE(json_agg(json_build_object('key', s.key, 'taken_by', s.taken_by)), '[]')
         FROM job_signals s WHERE s.job_id = j.job_id),
       'children', (
         SELECT COALESCE(json_agg(json_build_object(
           'place', c.child_place, 'status', c.status, 'is_retried', c.resubmission_id IS NOT NULL,
           'after_fan_in', ${momentOf('c.job_id', "'job'", 'ended')} > ${momentOf('j.job_id', 'c.parent_step', 'succeeded')})), '[]')
         FROM jobs c
         WHERE c.parent_job_id = j.job_id)) AS text)
     FROM jobs j WHERE j.type = 'order'`,
  );
  return rows.map(([document = '{}']) => JSON.parse(document) as OrderRow);
}
