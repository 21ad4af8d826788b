import path from 'node:path';

export interface JobReportOptions {
  /** Absolute path of the project's folder; paths inside it are shown relative to it. */
  readonly folder: string;
  /** The queue of a worker function; undefined for any other function. */
  readonly queueOf: (functionName: string) => string | undefined;
}

/** A line in Lambda's JSON log format. */
export interface LogEntry {
  readonly timestamp: string;
  readonly level: string;
  readonly requestId?: string;
  readonly message: unknown;
}

/** Converts log entries about jobs to lines for the terminal. */
export interface JobReport {
  /** Returns the lines to print, or undefined if the entry is not about a job. */
  linesOf(functionName: string, entry: LogEntry): string[] | undefined;
}

/** An object logged by one of Errand's functions (lambdas/adapters/system.ts). */
interface Fields {
  readonly event?: unknown;
  readonly message?: unknown;
  readonly job_id?: unknown;
  readonly [name: string]: unknown;
}

interface KnownJob {
  type: string;
  queue: string;
  startedAt: number;
  endedAt: number;
  attempt: number;
  /**
   * The steps that a suspended job waits for. The list is empty if the job was suspended so that its next step runs in another invocation, and
   * undefined if the job was not suspended.
   */
  waitsFor?: readonly unknown[] | undefined;
}

/** The maximum number of jobs to remember. The oldest are forgotten first. */
const MAX_KNOWN = 1_000;
/** The number of characters shown of a job id. Only the last characters are shown, because they are random; the first ones are a timestamp. */
const SHORT_ID = 8;
const STEP_WIDTH = 9;
/** Fields that the report omits, because they appear at the beginning of a line, in the job's first line, or in `errand get`. */
const SHOWN_ELSEWHERE = new Set(['event', 'job_id', 'attempt', 'tenant', 'type', 'queue', 'trace_id']);

/** Tracks jobs in the functions' logs, and describes their events. */
export function createJobReport({ queueOf, folder }: JobReportOptions): JobReport {
  const jobs = new Map<string, KnownJob>();
  /**
   * The running jobs, keyed by invocation. A line from `console` does not name its job, so the line is attributed to the jobs of its
   * invocation.
   */
  const running = new Map<string, Set<string>>();

  /** @returns the job, and whether it is new */
  function known(jobId: string, { type, queue }: { type?: unknown; queue?: unknown }): [KnownJob, boolean] {
    const found = jobs.get(jobId);
    const job = found ?? { type: '', queue: '', startedAt: 0, endedAt: 0, attempt: 0 };
    if (typeof type === 'string') job.type = type;
    if (typeof queue === 'string') job.queue = queue;
    jobs.set(jobId, job);
    if (jobs.size > MAX_KNOWN) jobs.delete(jobs.keys().next().value ?? '');
    return [job, found === undefined];
  }

  function stepOf(
    entry: LogEntry,
    fields: Fields,
    jobId: string,
    functionName: string,
  ): string[] | undefined {
    const [job, isNew] = known(jobId, { queue: queueOf(functionName), ...fields });
    const time = Date.parse(entry.timestamp);
    const line = (step: string, details: string): string =>
      `${clockTime(time)} ${jobId.slice(-SHORT_ID)} ${step.padEnd(STEP_WIDTH)} ${job.type} (${job.queue})  ${details}`.trimEnd();
    const id = isNew ? `id ${jobId}` : '';
    switch (fields.event) {
      case 'job_accepted':
        return [line('accepted', id)];
      case 'retry_accepted':
        return [line('accepted', `for another run  ${id}`)];
      case 'attempt_started': {
        const step = job.waitsFor ? 'continues' : 'started';
        job.waitsFor = undefined;
        job.startedAt = time;
        job.attempt = Number(fields.attempt);
        if (entry.requestId !== undefined) {
          const others = running.get(entry.requestId) ?? new Set();
          running.set(entry.requestId, others.add(jobId));
        }
        return [line(step, `attempt ${job.attempt}  ${id}`)];
      }
      case 'attempt_suspended':
        job.waitsFor = Array.isArray(fields.steps) ? fields.steps : [];
        return [];
      case 'attempt_ended':
        job.endedAt = time;
        if (entry.requestId !== undefined) {
          const others = running.get(entry.requestId);
          others?.delete(jobId);
          if (others?.size === 0) running.delete(entry.requestId);
        }
        return [];
      case 'attempt_failed':
        return [
          line('failed', `attempt ${job.attempt} after ${job.endedAt - job.startedAt} ms: ${headOf(fields)}`),
          ...ownFrame(fields.error, folder),
        ];
      case 'outcome_recorded':
        if (fields.status === 'success') return [line('succeeded', `in ${job.endedAt - job.startedAt} ms`)];
        if (fields.status === 'created' && job.waitsFor) {
          const steps =
            job.waitsFor.length > 0 ? `in ${job.waitsFor.join(', ')}` : 'until its next invocation';
          return [line('suspended', steps)];
        }
        if (fields.status === 'created') {
          const dueAt = clockTime(time + Number(fields.due_in_ms));
          return [line('retries', `at ${dueAt}, attempt ${job.attempt + 1}`)];
        }
        if (fields.status === 'canceled') return [line('canceled', `in attempt ${job.attempt}`)];
        return [line('gave up', `after attempt ${job.attempt}`)];
      case 'cancellation_recorded':
        return fields.status === 'canceled' ? [line('canceled', id)] : [line('canceling', id)];
      default:
        return undefined;
    }
  }

  return {
    linesOf(functionName, entry) {
      const fields = fieldsOf(entry.message);
      const jobId = typeof fields?.job_id === 'string' ? fields.job_id : undefined;
      const step = fields && jobId !== undefined ? stepOf(entry, fields, jobId, functionName) : undefined;
      if (step) return step;
      if (queueOf(functionName) === undefined) return undefined;
      const ids = jobId === undefined ? [...(running.get(entry.requestId ?? '') ?? [])] : [jobId];
      // Errand's own lines name the job. Lines that name no job come from `console`, and may contain anything.
      if (ids.length === 0 && typeof fields?.message === 'string') return undefined;
      const level = entry.level === 'INFO' ? '' : `${entry.level} `;
      const names = ids.map((id) => id.slice(-SHORT_ID)).join(',') || 'jobs file';
      return [
        `${clockTime(Date.parse(entry.timestamp))} ${names} log       ${level}${textOf(entry.message)}`,
      ];
    },
  };
}

function fieldsOf(message: unknown): Fields | undefined {
  return typeof message === 'object' && message !== null ? (message as Fields) : undefined;
}

/** Formats a log entry's message, followed by its other fields as `name=value`. */
function textOf(logged: unknown): string {
  const fields = fieldsOf(logged);
  if (!fields) return String(logged);
  const { message, ...others } = fields;
  const details = Object.entries(others)
    .filter(([name]) => !SHOWN_ELSEWHERE.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
  return [...(typeof message === 'string' ? [message] : []), ...details].join(' ');
}

/**
 * Returns the first line of an attempt's error. If the log contains no error, returns the outcome: Errand does not log the messages of its
 * own errors, because they may quote the payload.
 */
function headOf({ error, outcome }: Fields): string {
  if (typeof error !== 'string') return `${String(outcome)}; \`npx errand get\` shows why`;
  return error.split('\n', 1)[0] ?? '';
}

/** Returns the first stack frame in the user's own code, such as `           at run (jobs/index.ts:12:9)`. */
function ownFrame(error: unknown, folder: string): string[] {
  if (typeof error !== 'string') return [];
  const frame = error
    .split('\n')
    .map((line) => line.trim())
    .find((line) => /^at .*:\d+:\d+\)?$/.test(line) && !/node_modules|node:|<anonymous>/.test(line));
  return frame === undefined ? [] : [`                   ${frame.replaceAll(`${folder}${path.sep}`, '')}`];
}

/** Formats the local time of day, such as `12:04:31`. */
function clockTime(time: number): string {
  return new Date(time).toTimeString().slice(0, 8);
}
