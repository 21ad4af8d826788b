import { createHash } from 'node:crypto';
import type { Clock } from '../job/clock.ts';
import type { DedupHolder, DedupKey, OpenedWindow, WindowToOpen } from '../job/dedup.ts';
import type { PayloadSchema } from '../job/definition-schemas.ts';
import { isJobDefinition, job } from '../job/definition.ts';
import { DEFAULT_PRIORITY } from '../job/flow-control.ts';
import type { SubmitFromJob, SubmitOptions } from '../job/job-context.ts';
import type { Job, NewJob, Replacement } from '../job/job.ts';
import { DEFAULT_MAX_DURATION_SECONDS } from '../job/definition.ts';
import { runnable, type RunnableJobType } from '../job/job-type.ts';
import type { ServiceLog } from '../job/log.ts';
import { createSubmitChildren, type SubmitChildren } from '../job/steps/submit-children.ts';
import { createSubmitFromJob } from '../job/submit-from-job.ts';
import { traceIdOf } from '../job/trace-context.ts';
import { asJson } from './as-json.ts';

/** A job that the tested job submitted with `submit`. */
export interface SubmissionOfJob {
  readonly jobId: string;
  readonly type: string;
  /** The payload that the submitted job receives, after conversion to JSON and back. */
  readonly payload: unknown;
  /** The options that the job passed. */
  readonly options: SubmitOptions;
  /**
   * Whether the job already existed, because an earlier attempt had submitted it, or because an earlier submission had the
   * same `objectId`.
   */
  readonly deduplicated: boolean;
  /** Whether the submission replaced the job's payload and options. */
  readonly replaced: boolean;
}

/** An in-memory store for the jobs that a job submits. Ids, keys and deduplication work as they do in a deployment. */
export interface MemorySubmissions {
  readonly submitted: readonly SubmissionOfJob[];
  /** Returns an attempt's `submit` function. */
  submitOf(job: { readonly jobId: string; readonly tenant: string }): SubmitFromJob;
  /** The jobs that steps submitted, in order of submission. */
  readonly children: readonly NewJob[];
  /** Returns the functions that a job's steps use to submit children. */
  childrenOf(job: { readonly jobId: string; readonly tenant: string }): SubmitChildren;
}

/** The built-in job types. A deployment has all built-in types by default, but can exclude some. */
export const BUILT_IN_JOBS: readonly string[] = ['sleep', 'analyze', 'webhook', 'send_messages'];

/** The maximum `timeoutSeconds`: the longest timeout of a Lambda function, in seconds. */
const MAX_TIMEOUT_SECONDS = 900;

/** The default for RETENTION_DAYS. */
const RETENTION_DAYS = 30;

/**
 * Creates an in-memory store for submissions.
 *
 * @param jobs the jobs file's exports; undefined to accept jobs of any type with any payload
 */
export function createMemorySubmissions(
  jobs: Readonly<Record<string, unknown>> | undefined,
  clock: Clock,
  log: ServiceLog,
): MemorySubmissions {
  const known = new Map(
    Object.values(jobs ?? {})
      .filter(isJobDefinition)
      .map((definition) => [definition.name, runnable(definition)]),
  );
  const find = (type: string): RunnableJobType | undefined =>
    known.get(type) ?? (!jobs || BUILT_IN_JOBS.includes(type) ? acceptingAnything(type) : undefined);
  const rows = new Map<string, Job>();
  const windows = new Map<string, DedupHolder>();
  const open = (objectId: string, holder: DedupHolder): OpenedWindow => {
    const earlier = windows.get(objectId);
    if (earlier) return { opened: false, holder: earlier };
    windows.set(objectId, holder);
    return { opened: true };
  };
  /** The ids of submissions that have written or replaced a job. */
  const applied = new Set<string>();
  const children: NewJob[] = [];
  const ports = {
    jobTypes: { find },
    clock,
    log,
    digest: (text: string) => new Uint8Array(createHash('sha256').update(text).digest()),
    timeoutOf: () => MAX_TIMEOUT_SECONDS,
    store: { get: (_tenant: string, jobId: string) => Promise.resolve(rows.get(jobId)) },
    submissions: {
      find: () => Promise.resolve([...rows.values()]),
      insert: (newJobs: readonly NewJob[]) =>
        Promise.resolve(
          newJobs.map((newJob) => {
            const existing = rows.get(newJob.job_id);
            const row = existing ?? rowOf(newJob, clock.now());
            rows.set(row.job_id, row);
            applied.add(newJob.submission_id);
            if (!existing && newJob.parent_step !== undefined) children.push(newJob);
            return { job: row, inserted: !existing };
          }),
        ),
      replace: (_tenant: string, replacements: readonly Replacement[]) =>
        Promise.resolve(
          replacements.flatMap((replacement) => {
            const row = rows.get(replacement.job_id);
            if (!row) return [];
            const submissionId = replacement.submission_id;
            const isRepeated = applied.has(submissionId);
            const verdict = row.type === replacement.type ? ('replaced' as const) : ('other_type' as const);
            const job =
              isRepeated || verdict === 'other_type'
                ? row
                : { ...rowOf(replacement, clock.now()), create_time: row.create_time };
            rows.set(job.job_id, job);
            if (verdict === 'replaced') applied.add(submissionId);
            return [{ job, submissionId, verdict, isRepeated, wakeInMs: null }];
          }),
        ),
      insertThatFit: () => Promise.reject(new Error('No limit of jobs in flight applies in a test.')),
    },
    dedup: {
      open: ({ objectId }: DedupKey, holder: DedupHolder) => Promise.resolve(open(objectId, holder)),
      openAll: (several: readonly WindowToOpen[]) =>
        Promise.resolve(several.map(({ key, holder }) => open(key.objectId, holder))),
      adopt: () => Promise.resolve(true),
      release: () => Promise.resolve(),
      releaseAll: () => Promise.resolve([]),
    },
    dedupWindowSeconds: 86_400,
    retentionDays: RETENTION_DAYS,
    activity: { mark: () => Promise.resolve() },
    queue: { send: () => Promise.resolve([]) },
    limits: {
      maxJobsInFlight: 0,
      rate: { take: (_tenant: string, count: number) => Promise.resolve(count) },
    },
  };
  // The calls, in the order in which they began. Parallel calls may finish in a different order.
  const calls: { submission?: SubmissionOfJob }[] = [];
  return {
    get submitted() {
      return calls.flatMap(({ submission }) => submission ?? []);
    },
    submitOf(parent) {
      const submit = createSubmitFromJob(parent, ports);
      return async (type, payload, options = {}) => {
        const call: (typeof calls)[number] = {};
        calls.push(call);
        const answer = await submit(type, payload, options);
        call.submission = { ...answer, type, payload: asJson(payload ?? {}), options };
        return answer;
      };
    },
    children,
    childrenOf(parent) {
      const submitChildren = createSubmitChildren(parent, ports);
      const listed = (known: number, options: SubmitOptions): void => {
        for (const { job_id: jobId, type, payload } of children.slice(known))
          calls.push({ submission: { jobId, type, payload, options, deduplicated: false, replaced: false } });
      };
      return {
        async submit(step, type, payload, options) {
          const known = children.length;
          const jobId = await submitChildren.submit(step, type, payload, options);
          listed(known, options);
          return jobId;
        },
        async prepareMap(step, type, items, { concurrency, ...options }, pause) {
          const limited = { ...options, ...(concurrency !== undefined && { concurrency }) };
          const submitAll = await submitChildren.prepareMap(step, type, items, limited, pause);
          return async (from, to) => {
            const known = children.length;
            await submitAll(from, to);
            listed(known, options);
          };
        },
      };
    },
  };
}

/** Creates a job type that accepts any payload. @throws TypeError if the name is not a valid job type name */
function acceptingAnything(name: string): RunnableJobType {
  const payload: PayloadSchema = {
    '~standard': { version: 1, vendor: 'errand', validate: (value) => ({ value }) },
  };
  return runnable(job(name, { payload, run: () => null }));
}

/** Creates the row of a new job. */
function rowOf(newJob: NewJob, now: Date): Job {
  return {
    job_id: newJob.job_id,
    object_id: newJob.object_id,
    type: newJob.type,
    queue: newJob.queue,
    status: 'created',
    attempt: 0,
    max_attempts: newJob.max_attempts,
    timeout_seconds: newJob.timeout_seconds,
    max_duration_seconds: newJob.max_duration_seconds ?? DEFAULT_MAX_DURATION_SECONDS,
    create_time: now.toISOString(),
    run_at: new Date(now.getTime() + newJob.delay_seconds * 1000).toISOString(),
    start_time: null,
    end_time: null,
    message: null,
    cancel_requested: false,
    progress: null,
    callback_job_id: null,
    debounced: newJob.debounced ?? false,
    trace_id: traceIdOf(newJob.trace) ?? null,
    parent_job_id: newJob.parent_job_id ?? null,
    batch_id: newJob.batch_id ?? null,
    tags: [...(newJob.tags ?? [])],
    metadata: { ...newJob.metadata },
    priority: newJob.priority ?? DEFAULT_PRIORITY,
    concurrency: newJob.concurrency ?? null,
    rate_limit: newJob.rate_limit ?? null,
    held_by: null,
    waiting_for: null,
    payload: newJob.payload,
    result: null,
  };
}
