import { dataOf, type LogLine, type Schema } from 'errand-client';
import * as z from 'zod';
import { wholePage } from '../../list-page.ts';
import { toFilterQuery } from '../../job-filter-options.ts';
import { logLineText } from '../../show.ts';
import { addTool, type ToolConnection } from './add-tool.ts';
import { cut } from './compact.ts';
import { filterFields, toFilterOptions } from './filter-fields.ts';
import { jobLine, stepLine, wholeJob } from './job-views.ts';

export const jobId = z.uuid().describe('The id of the job');

const MAX_CHARACTERS = 100_000;
const DEFAULT_CHARACTERS = 4_000;

/** The maximum length of a log line, in characters. */
const LINE_LIMIT = 1_000;
const MAX_LINES = 500;

/** The maximum wait in seconds, below the 60 seconds after which MCP clients time out. */
const MAX_WAIT = 50;
const DEFAULT_WAIT = 20;

/** Adds `list_jobs`, `get_job`, `get_job_logs`, `list_steps` and `wait_for_job`. */
export function addJobTools(connection: ToolConnection): void {
  const { errand } = connection;

  addTool(connection, {
    name: 'list_jobs',
    title: 'List jobs',
    description:
      'Lists jobs, newest first, without payloads and results. All filters can be combined. For counts of failures by cause, use ' +
      'list_failures.',
    input: z.strictObject({
      ...filterFields,
      status: z
        .array(z.enum(['created', 'running', 'success', 'failed', 'canceled']))
        .optional()
        .describe('Only jobs in one of these states; "created" jobs wait'),
      object_id: z.string().optional().describe('Only jobs about this object'),
      batch_id: z.string().optional().describe('Only jobs of this batch'),
      parent_job_id: z.uuid().optional().describe('Only the child jobs of this job'),
      order: z.enum(['asc', 'desc']).optional().describe('asc lists the oldest first'),
      limit: z.int().min(1).max(100).default(20),
      cursor: z.string().optional().describe('From "more" of the previous result, with the same filters'),
    }),
    async run({ limit, cursor, order, status, object_id: objectId, batch_id: batch, ...rest }, signal) {
      const { parent_job_id: parent, ...filter } = rest;
      const options = {
        ...toFilterOptions(filter),
        ...(status && { status: status.join(',') }),
        ...(objectId !== undefined && { objectId }),
        ...(batch !== undefined && { batch }),
      };
      const query = {
        ...toFilterQuery(options, new Date()),
        limit,
        ...(cursor !== undefined && { cursor }),
        ...(order && { order }),
        ...(parent !== undefined && { parent_job_id: parent }),
      };
      const page = await wholePage(errand, query, signal);
      return {
        jobs: page.items.map(jobLine),
        count: page.items.length,
        more:
          page.next_cursor === null
            ? null
            : `list_jobs with the same filters and cursor: ${page.next_cursor}`,
      };
    },
  });

  addTool(connection, {
    name: 'get_job',
    title: 'Get a job',
    description: 'Shows everything about one job: its state, last error ("message"), payload and result.',
    input: z.strictObject({
      job_id: jobId,
      max_characters: z
        .int()
        .min(100)
        .max(MAX_CHARACTERS)
        .default(DEFAULT_CHARACTERS)
        .describe('Longer payloads and results are cut'),
    }),
    run: async ({ job_id: id, max_characters: limit }, signal) =>
      wholeJob(await errand.get(id, { signal }), limit),
  });

  addTool(connection, {
    name: 'get_job_logs',
    title: "Read a job's log",
    description:
      'Shows the last lines that a job has logged, as "time attempt LEVEL message fields". With cursor, shows the lines after it: so ' +
      'a running job can be followed.',
    input: z.strictObject({
      job_id: jobId,
      attempt: z.int().min(1).optional().describe('Only the lines of this attempt'),
      limit: z.int().min(1).max(MAX_LINES).default(50).describe('The maximum number of lines'),
      cursor: z.string().optional().describe('From the previous result'),
    }),
    async run({ job_id: id, attempt, limit, cursor }, signal) {
      const log = await readLogPages(connection, { id, attempt, cursor }, signal);
      const shown = log.lines.slice(-limit);
      const left = log.lines.length - shown.length;
      return {
        status: log.status,
        lines: shown.map((line) => cut(logLineText(line), LINE_LIMIT)),
        count: shown.length,
        cursor: log.cursor,
        more:
          left === 0
            ? null
            : `${left} earlier lines are left out: get_job_logs with limit up to ${MAX_LINES}, or with attempt`,
      };
    },
  });

  addTool(connection, {
    name: 'list_steps',
    title: "List a job's steps",
    description:
      'Lists the recorded steps of a job that has steps, in their order: kind, status, failures, last error, and what a waiting step ' +
      'waits for. Results are cut.',
    input: z.strictObject({
      job_id: jobId,
      limit: z.int().min(1).max(100).default(30),
      cursor: z.string().optional().describe('From "more" of the previous result'),
    }),
    async run({ job_id: id, limit, cursor }, signal) {
      const query = { limit, ...(cursor !== undefined && { cursor }) };
      const page = dataOf(
        await errand.http.GET('/v1/jobs/{job_id}/steps', { params: { path: { job_id: id }, query }, signal }),
      );
      return {
        steps: page.items.map(stepLine),
        count: page.items.length,
        more: page.next_cursor === null ? null : `list_steps with cursor: ${page.next_cursor}`,
      };
    },
  });

  addTool(connection, {
    name: 'wait_for_job',
    title: 'Wait for a job',
    description:
      'Waits until a job has ended, at most the given seconds, and shows the job as it is then. If "ended" is false, call it again.',
    input: z.strictObject({
      job_id: jobId,
      seconds: z.number().min(0).max(MAX_WAIT).default(DEFAULT_WAIT),
    }),
    async run({ job_id: id, seconds }, signal) {
      const job = await errand.wait(id, { timeoutSeconds: seconds, signal });
      return { ended: job.end_time !== null, ...wholeJob(job, DEFAULT_CHARACTERS) };
    },
  });
}

interface LogRequest {
  readonly id: string;
  readonly attempt: number | undefined;
  readonly cursor: string | undefined;
}

/** Reads all lines of a log, or all lines after a cursor. A log is limited to 200 lines or 64 KiB per attempt. */
async function readLogPages(
  { errand: { http } }: ToolConnection,
  { id, attempt, cursor: start }: LogRequest,
  signal: AbortSignal,
): Promise<{ lines: LogLine[]; status: string; cursor: string }> {
  const lines: LogLine[] = [];
  let cursor = start;
  for (;;) {
    const query = { ...(attempt !== undefined && { attempt }), ...(cursor !== undefined && { cursor }) };
    const page: Schema<'JobLog'> = dataOf(
      await http.GET('/v1/jobs/{job_id}/logs', { params: { path: { job_id: id }, query }, signal }),
    );
    lines.push(...page.items);
    ({ cursor } = page);
    if (!page.has_more) return { lines, status: page.status, cursor: page.cursor };
  }
}
