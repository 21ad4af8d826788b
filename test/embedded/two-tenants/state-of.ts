import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { GetScheduleCommand, ListSchedulesCommand } from '@aws-sdk/client-scheduler';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import type { Cloud } from '../../helpers/cloud.ts';
import { sql } from '../../helpers/embedded.ts';
import { createSchedulerClient } from '../../helpers/firings.ts';

/** For each table without a `tenant` column, an SQL condition that selects a tenant's rows. */
const ROWS_BY_OTHER_MEANS: Readonly<Record<string, string>> = {
  job_attempts: 'job_id IN (SELECT job_id FROM jobs WHERE tenant = :tenant)',
  bulk_runs: 'job_id IN (SELECT job_id FROM jobs WHERE tenant = :tenant)',
  job_log_parts: 'job_id IN (SELECT job_id FROM jobs WHERE tenant = :tenant)',
  job_steps: 'job_id IN (SELECT job_id FROM jobs WHERE tenant = :tenant)',
  job_signals: 'job_id IN (SELECT job_id FROM jobs WHERE tenant = :tenant)',
  schema_migrations: 'false',
  approval_key: 'false',
  examined_parents: 'false',
};

/**
 * Returns all of a tenant's data, by store: rows, dedup keys, API keys, files, and entries in EventBridge Scheduler.
 */
export async function stateOf(cloud: Cloud, tenant: string): Promise<Record<string, string[]>> {
  const rows = await rowsOf(cloud, tenant);
  return {
    ...rows,
    items: await itemsOf(cloud, tenant),
    files: await filesOf(cloud, tenant),
    timetable: await timetableOf(cloud, tenant, idsIn(JSON.stringify(rows))),
  };
}

/** Returns every UUID in a string. */
export function idsIn(text: string): string[] {
  return [...new Set(text.match(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g))];
}

async function rowsOf(cloud: Cloud, tenant: string): Promise<Record<string, string[]>> {
  const tables = await sql(
    cloud,
    `SELECT table_name, bool_or(column_name = 'tenant') FROM information_schema.columns
     WHERE table_schema = 'public' GROUP BY table_name ORDER BY table_name`,
  );
  const rows: Record<string, string[]> = {};
  for (const [table = '', hasTenant] of tables) {
    const condition = hasTenant === 'true' ? 'tenant = :tenant' : ROWS_BY_OTHER_MEANS[table];
    if (condition === undefined) {
      throw new Error(
        `The table ${table} has no column "tenant": add to ROWS_BY_OTHER_MEANS in ${import.meta.filename} how to find a tenant's rows.`,
      );
    }
    const found = await sql(
      cloud,
      `SELECT row_to_json(t)::text FROM ${table} t WHERE ${condition} ORDER BY row_to_json(t)::text`,
      condition.includes(':tenant') ? { tenant } : {},
    );
    rows[table] = found.flat();
  }
  return rows;
}

/** Matches the items that count submissions per second and waits per half minute. These counters expire after a minute, so the tests ignore them. */
const COUNTERS = /^(submissions|waits)#/;

/** Returns a tenant's dedup keys and API keys. */
async function itemsOf(cloud: Cloud, tenant: string): Promise<string[]> {
  const items: string[] = [];
  for (const output of ['TableName', 'KeyTableName']) {
    const scan = new ScanCommand({ TableName: cloud.output(output), ConsistentRead: true });
    const { Items: found = [], LastEvaluatedKey: next } = await cloud.dynamoDb.send(scan);
    if (next) throw new Error(`${output} has more than one page of items: scan them all.`);
    for (const item of found) {
      const isOfTenant = item.tenant?.S === tenant || item.pk?.S?.split('#')[1] === tenant;
      if (isOfTenant && !COUNTERS.test(item.pk?.S ?? '')) items.push(JSON.stringify(item));
    }
  }
  return items.sort();
}

async function filesOf(cloud: Cloud, tenant: string): Promise<string[]> {
  const list = new ListObjectsV2Command({
    Bucket: cloud.output('UploadsBucketName'),
    Prefix: `uploads/${tenant}/`,
  });
  const { Contents: found = [] } = await cloud.s3.send(list);
  return found.map(({ Key: key, ETag: etag }) => `${key} ${etag}`);
}

/** Returns the EventBridge Scheduler entries of a tenant's schedules and its jobs' wake-ups. */
async function timetableOf(cloud: Cloud, tenant: string, ids: readonly string[]): Promise<string[]> {
  const marks = [`.${createHash('sha256').update(tenant).digest('hex').slice(0, 8)}`, ...ids];
  const scheduler = createSchedulerClient(cloud);
  try {
    const GroupName = cloud.output('ScheduleGroupName');
    const { Schedules: found = [], NextToken: next } = await scheduler.send(
      new ListSchedulesCommand({ GroupName }),
    );
    if (next !== undefined) throw new Error('The timetable has more than one page: list it all.');
    const names = found
      .map(({ Name: name = '' }) => name)
      .filter((name) => marks.some((mark) => name.endsWith(mark)));
    const entries: string[] = [];
    for (const Name of names.sort()) {
      const { State, ScheduleExpression, Target } = await scheduler.send(
        new GetScheduleCommand({ GroupName, Name }),
      );
      entries.push(JSON.stringify({ Name, State, ScheduleExpression, Target }));
    }
    return entries;
  } finally {
    scheduler.destroy();
  }
}
