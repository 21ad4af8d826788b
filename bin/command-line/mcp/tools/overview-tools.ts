import { dataOf, groupFailures, type FailureGroup, type Schema } from 'errand-client';
import * as z from 'zod';
import { readDuration } from '../../arguments.ts';
import { toFilterQuery } from '../../job-filter-options.ts';
import { wholePage } from '../../list-page.ts';
import { addTool, type ToolConnection } from './add-tool.ts';
import { compact, cut } from './compact.ts';
import { filterFields, toFilterOptions } from './filter-fields.ts';

/** The maximum number of failed jobs to group. It is also the API's maximum page size. */
const MAX_FAILED = 1_000;
const PAGE = 200;

const MESSAGE_LIMIT = 500;
const MAX_TYPES = 30;

/** Adds `list_failures`, `list_queues`, `get_stats` and `list_job_types`. */
export function addOverviewTools(connection: ToolConnection): void {
  const { errand } = connection;
  const { http } = errand;

  addTool(connection, {
    name: 'list_failures',
    title: 'List failures by cause',
    description:
      'Groups the failed jobs by type and message, the largest group first: how many failed, when the first and the last one did, and ' +
      'the id of the last one. Messages that differ only in numbers, ids, addresses and quoted values are in one group.',
    input: z.strictObject({
      ...filterFields,
      since: filterFields.since.default('24h'),
      limit: z.int().min(1).max(50).default(10).describe('The maximum number of groups'),
    }),
    async run({ limit, ...filter }, signal) {
      const query = { ...toFilterQuery(toFilterOptions(filter), new Date()), status: 'failed' as const };
      const { jobs, isWhole } = await readFailed(connection, query, signal);
      const groups = groupFailures(jobs);
      return {
        failed_jobs: jobs.length,
        groups: groups.slice(0, limit).map(groupView),
        count: groups.length,
        more: [
          ...(groups.length > limit
            ? [`${groups.length - limit} smaller groups: list_failures with a limit up to 50, or with a type`]
            : []),
          ...(isWhole
            ? []
            : [
                `Only the ${MAX_FAILED} jobs created last are counted: list_failures with a type, a queue or a shorter since`,
              ]),
        ].join('. '),
      };
    },
  });

  addTool(connection, {
    name: 'list_queues',
    title: 'List queues',
    description:
      'Shows the waiting, held and running jobs of each queue, the job that has waited longest, and what is paused. Held jobs wait for ' +
      'the end of a pause, for a concurrency key, or for a rate limit.',
    input: z.strictObject({}),
    async run(_input, signal) {
      const { items, paused_types: pausedTypes } = dataOf(await http.GET('/v1/queues', { signal }));
      const queues = items.map(({ oldest_waiting: oldest, held, ...queue }) =>
        compact({
          ...queue,
          held: compact({
            pause: held.pause || null,
            concurrency: held.concurrency || null,
            rate: held.rate || null,
          }),
          oldest_waiting: oldest && compact({ ...oldest, age_seconds: Math.round(oldest.age_seconds) }),
        }),
      );
      return { queues, paused_types: pausedTypes };
    },
  });

  addTool(connection, {
    name: 'get_stats',
    title: 'Count jobs',
    description:
      'Counts all jobs by state and type, and what happened since then: jobs accepted, succeeded, failed and canceled, and attempts ' +
      'that were retried.',
    input: z.strictObject({
      since: filterFields.since.default('1h').describe('What happened, such as 30m, 24h or 7d'),
    }),
    async run({ since }, signal) {
      const from = new Date(Date.now() - readDuration(since)).toISOString();
      const [statistics, history] = await Promise.all([
        http.GET('/v1/stats', { signal }),
        http.GET('/v1/stats/history', { params: { query: { from } }, signal }),
      ]);
      const { jobs, oldest_waiting: oldest } = dataOf(statistics);
      const past = dataOf(history);
      const points = past.series.flatMap((series) => series.points);
      const sum = (count: (point: Schema<'HistoryPoint'>) => number): number =>
        points.reduce((total, point) => total + count(point), 0);
      const types = Object.entries(jobs.by_type)
        .map(([type, counts]) => ({ type, counts, total: totalOf(counts) }))
        .sort((a, b) => b.total - a.total);
      return {
        jobs: jobs.total,
        by_status: jobs.by_status,
        by_type: Object.fromEntries(
          types.slice(0, MAX_TYPES).map(({ type, counts }) => [type, nonZero(counts)]),
        ),
        oldest_waiting: oldest,
        since: past.from,
        accepted: sum(({ accepted }) => accepted),
        succeeded: sum(({ succeeded }) => succeeded),
        failed: sum(({ failed }) => failed),
        canceled: sum(({ canceled }) => canceled),
        retried: sum(({ retried }) => retried),
        more:
          types.length > MAX_TYPES
            ? `${types.length - MAX_TYPES} types with fewer jobs are left out: list_jobs with a type`
            : null,
      };
    },
  });

  addTool(connection, {
    name: 'list_job_types',
    title: 'List job types',
    description:
      'Lists the job types of the deployment. With a type, shows the JSON Schema of its payload, which submit_job needs.',
    input: z.strictObject({
      type: z.string().optional().describe('Show only this type, with its JSON Schema'),
    }),
    async run({ type }, signal) {
      const { items } = dataOf(await http.GET('/v1/job-types', { signal }));
      if (type === undefined) return { types: items.map(({ name }) => name) };
      const found = items.find(({ name }) => name === type);
      if (found) return found;
      throw new Error(
        `There is no job type "${type}". There are: ${items.map(({ name }) => name).join(', ')}.`,
      );
    },
  });
}

/** Reads failed jobs page by page, up to {@link MAX_FAILED}. */
async function readFailed(
  { errand }: ToolConnection,
  query: ReturnType<typeof toFilterQuery>,
  signal: AbortSignal,
): Promise<{ jobs: Schema<'JobSummary'>[]; isWhole: boolean }> {
  const jobs: Schema<'JobSummary'>[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && jobs.length < MAX_FAILED) {
    const page: Schema<'JobPage'> = await wholePage(
      errand,
      { ...query, limit: PAGE, ...(cursor !== undefined && { cursor }) },
      signal,
    );
    jobs.push(...page.items);
    cursor = page.next_cursor;
  }
  return { jobs, isWhole: cursor === null };
}

function groupView({ type, count, first, last }: FailureGroup): object {
  return compact({
    type,
    message: cut(last.message ?? '', MESSAGE_LIMIT),
    jobs: count,
    first_time: first.end_time,
    last_time: last.end_time,
    last_job_id: last.job_id,
  });
}

function totalOf(counts: Schema<'StatusCounts'>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function nonZero(counts: Schema<'StatusCounts'>): object {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0));
}
