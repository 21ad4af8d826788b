import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Job, RateLimit, Run, SubmitOptions } from 'errand-client';
import { openSession, type Session, exitCodeOf, type Terminal } from './session.ts';
import { openFile, readSeconds, toNumber, readPayload } from './arguments.ts';
import {
  addFilterOptions,
  collect,
  readPair,
  toFilterQuery,
  type FilterOptions,
} from './job-filter-options.ts';
import { toConcurrency, toRateLimit, type Concurrency } from './limit-arguments.ts';
import { wholePage, type ListQuery } from './list-page.ts';
import { jobsText, logLineText, recordText } from './show.ts';
import { startWaitingLine } from './waiting-line.ts';

/** Seconds between two polls of a job's progress, if the output is a terminal. */
const WATCH_SECONDS = 1;

interface SubmitFlags {
  type?: string;
  payload?: string;
  file?: string;
  objectId?: string;
  delay?: number;
  runAt?: string;
  maxAttempts?: number;
  timeout?: number;
  maxDuration?: number;
  callbackUrl?: string;
  rejectDuplicate?: boolean;
  onDuplicate?: 'return' | 'reject' | 'replace';
  dedup?: number;
  debounce?: number;
  debounceMax?: number;
  tag?: string[];
  metadata?: Record<string, string>;
  priority?: number;
  concurrency?: Concurrency;
  rateLimit?: RateLimit;
  wait?: number | true;
}

/** `submit`, `get`, `logs`, `wait`, `list`. */
export function addJobCommands(program: Command, terminal: Terminal): void {
  program
    .command('submit [type] [payload]')
    .description('submit a job: errand submit greet \'{"name":"Ada"}\' --wait')
    .option('--type <type>', 'the job type, if it is not the first argument; without one the job sleeps')
    .option('--payload <json>', 'JSON, @file, or @- for the standard input, if it is not the second argument')
    .option('--file <path>', 'a file for the job to read, up to 5 GiB; it becomes payload.file')
    .option(
      '--object-id <id>',
      'what the job is about: a second submission within the dedup window is the same job',
    )
    .option('--delay <seconds>', 'when the job is due, in seconds from now', toNumber)
    .addOption(
      new Option('--run-at <time>', 'when the job is due, in ISO 8601 with its offset').conflicts('delay'),
    )
    .option('--max-attempts <number>', 'how often it is tried', toNumber)
    .option('--timeout <seconds>', 'how long one attempt may take', toNumber)
    .option(
      '--max-duration <duration>',
      'how long a job with steps may take in all, such as 30m or 7d',
      readSeconds,
    )
    .option('--callback-url <url>', 'is told the outcome')
    .addOption(
      new Option(
        '--on-duplicate <mode>',
        'for a duplicate: return the first job, reject it with 409, or replace the payload of the first job',
      ).choices(['return', 'reject', 'replace']),
    )
    .addOption(new Option('--reject-duplicate', 'the same as --on-duplicate reject').conflicts('onDuplicate'))
    .option(
      '--dedup <duration>',
      'the length of the dedup window of the object_id, such as 30s or 7d',
      readSeconds,
    )
    .option(
      '--debounce <duration>',
      'delay the job until its object_id has not been submitted for this long; each submission replaces the payload',
      readSeconds,
    )
    .option('--debounce-max <duration>', 'the longest delay by --debounce', readSeconds)
    .option('--tag <tag>', 'a tag to find the job by; repeat it for several', collect)
    .option('--metadata <key=value>', 'a field to find the job by; repeat it for several', readPair)
    .option('--priority <number>', '0 (most urgent) to 9: the order in which jobs of a queue start', toNumber)
    .option(
      '--concurrency <key=limit>',
      'limit how many jobs with this key run at once: acme=2',
      toConcurrency,
    )
    .option(
      '--rate-limit <key=limit/period>',
      'limit how many jobs with this key start in a period: acme=10/60s, or acme=10/60s/3 for a burst of 3',
      toRateLimit,
    )
    .option('--wait [seconds]', 'wait until the job has ended, or for so long', toNumber)
    .action(
      async (
        type: string | undefined,
        payload: string | undefined,
        options: SubmitFlags,
        command: Command,
      ) => {
        const session = openSession(command, terminal);
        const flags = {
          ...options,
          ...once('type', type, options.type),
          ...once('payload', payload, options.payload),
        };
        const run = await submit(session, flags, terminal);
        if (options.wait === undefined) session.show(run.job, recordText);
        else await showEnd(session, run.jobId, options.wait === true ? undefined : options.wait, terminal);
      },
    );

  program
    .command('get <job_id>')
    .description('show a job')
    .action(async (jobId: string, _options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(await errand.get(jobId), recordText);
    });

  program
    .command('logs <job_id>')
    .description('show what a job has logged')
    .option('-f, --follow', 'wait for further lines until the job has ended')
    .option('--attempt <number>', 'only the lines of this attempt', toNumber)
    .action(async (jobId: string, options: { follow?: boolean; attempt?: number }, command: Command) => {
      const { errand, showLine } = openSession(command, terminal);
      for await (const line of errand.logs(jobId, options)) showLine(line, logLineText);
    });

  program
    .command('wait <job_id>')
    .description('wait until a job has ended')
    .option('--timeout <seconds>', 'wait no longer than this', toNumber)
    .action(async (jobId: string, { timeout }: { timeout?: number }, command: Command) => {
      await showEnd(openSession(command, terminal), jobId, timeout, terminal);
    });

  addFilterOptions(program.command('list').description('list jobs, newest first'))
    .option('--order <asc|desc>', 'list the oldest job first (asc) or the newest (desc)')
    .option('--limit <number>', 'the maximum number of jobs on a page, 1 to 200', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (options: ListOptions, command: Command) => {
      const session = openSession(command, terminal);
      const { order, limit, cursor, ...filter } = options;
      const query: ListQuery = toFilterQuery(filter, new Date());
      if (order !== undefined) query.order = order;
      if (limit !== undefined) query.limit = limit;
      if (cursor !== undefined) query.cursor = cursor;
      session.show(await wholePage(session.errand, query), (page) => jobsText(page, terminal.columns));
    });
}

/** @throws InvalidArgumentError for a value that is given both as an argument and as an option */
function once<Name extends 'type' | 'payload'>(
  name: Name,
  argument: string | undefined,
  option: string | undefined,
): Partial<Record<Name, string>> {
  if (argument !== undefined && option !== undefined) {
    throw new InvalidArgumentError(
      `the ${name} is given twice, as ${argument} and as --${name} ${option}: leave one out`,
    );
  }
  const value = argument ?? option;
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}

interface ListOptions extends FilterOptions {
  order?: 'asc' | 'desc';
  limit?: number;
  cursor?: string;
}

async function submit({ errand }: Session, flags: SubmitFlags, { readInput }: Terminal): Promise<Run> {
  const { type = 'sleep', file } = flags;
  const payload = flags.payload === undefined ? undefined : await readPayload(flags.payload, readInput);
  const options: SubmitOptions = {
    objectId: flags.objectId,
    delaySeconds: flags.delay,
    runAt: flags.runAt,
    maxAttempts: flags.maxAttempts,
    timeoutSeconds: flags.timeout,
    maxDurationSeconds: flags.maxDuration,
    callbackUrl: flags.callbackUrl,
    onDuplicate: flags.rejectDuplicate ? 'reject' : flags.onDuplicate,
    dedupSeconds: flags.dedup,
    debounce: debounceOf(flags),
    tags: flags.tag,
    metadata: flags.metadata,
    priority: flags.priority,
    concurrency: flags.concurrency,
    rateLimit: flags.rateLimit,
  };
  if (file === undefined) return errand.submit(type, payload, options);
  return errand.submitFile(type, await openFile(file, payload), payload as object | undefined, options);
}

/** @throws InvalidArgumentError for a maximum without a debounce */
function debounceOf({ debounce, debounceMax }: SubmitFlags): SubmitOptions['debounce'] {
  if (debounce !== undefined) return { seconds: debounce, maxSeconds: debounceMax };
  if (debounceMax === undefined) return undefined;
  throw new InvalidArgumentError('--debounce-max needs --debounce: give both, or neither');
}

/** Waits, shows the job as it is then, and sets the exit code by the job's outcome. */
export async function showEnd(
  { errand, show }: Session,
  jobId: string,
  timeoutSeconds: number | undefined,
  terminal: Terminal,
): Promise<void> {
  const line = startWaitingLine(terminal);
  const watch = terminal.messages.isTTY && { watch: { everySeconds: WATCH_SECONDS, see: line.see } };
  let job: Job;
  try {
    job = await errand.wait(jobId, { timeoutSeconds, ...watch });
  } finally {
    line.end();
  }
  show(job, recordText);
  terminal.setExitCode(exitCodeOf(job.status));
}
