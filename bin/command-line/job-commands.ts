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

/** The interval for polling a job's progress, in seconds. Used only if the output is a terminal. */
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

/** Adds `submit`, `get`, `logs`, `wait` and `list`. */
export function addJobCommands(program: Command, terminal: Terminal): void {
  program
    .command('submit [type] [payload]')
    .description('submit a job: errand submit greet \'{"name":"Ada"}\' --wait')
    .option('--type <type>', 'the job type, instead of the first argument (default: sleep)')
    .option('--payload <json>', 'JSON, @file, or @- for standard input, instead of the second argument')
    .option('--file <path>', 'upload a file for the job, up to 5 GiB; its key becomes payload.file')
    .option(
      '--object-id <id>',
      'the dedup key: submissions with the same key within the dedup window return the same job',
    )
    .option('--delay <seconds>', 'start the job in this many seconds', toNumber)
    .addOption(
      new Option('--run-at <time>', 'start the job at this time, in ISO 8601 with an offset').conflicts(
        'delay',
      ),
    )
    .option('--max-attempts <number>', 'the maximum number of attempts', toNumber)
    .option('--timeout <seconds>', 'the time limit of one attempt', toNumber)
    .option(
      '--max-duration <duration>',
      'the time limit of a whole job with steps, such as 30m or 7d',
      readSeconds,
    )
    .option('--callback-url <url>', 'the URL to notify when the job ends')
    .addOption(
      new Option(
        '--on-duplicate <mode>',
        'for a duplicate: return the first job, reject the duplicate with 409, or replace the payload of the first job',
      ).choices(['return', 'reject', 'replace']),
    )
    .addOption(new Option('--reject-duplicate', 'the same as --on-duplicate reject').conflicts('onDuplicate'))
    .option('--dedup <duration>', 'the length of the dedup window, such as 30s or 7d', readSeconds)
    .option(
      '--debounce <duration>',
      'delay the job until nobody has submitted its object_id for this long; each submission replaces the payload',
      readSeconds,
    )
    .option('--debounce-max <duration>', 'the longest total delay of --debounce', readSeconds)
    .option('--tag <tag>', 'a tag to find the job by; may be repeated', collect)
    .option('--metadata <key=value>', 'a field to find the job by; may be repeated', readPair)
    .option('--priority <number>', 'from 0 (starts first) to 9', toNumber)
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
    .option('--wait [seconds]', 'wait until the job ends, at most this many seconds', toNumber)
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
    .description("show a job's log")
    .option('-f, --follow', 'wait for more lines until the job ends')
    .option('--attempt <number>', 'only the lines of this attempt', toNumber)
    .action(async (jobId: string, options: { follow?: boolean; attempt?: number }, command: Command) => {
      const { errand, showLine } = openSession(command, terminal);
      for await (const line of errand.logs(jobId, options)) showLine(line, logLineText);
    });

  program
    .command('wait <job_id>')
    .description('wait until a job ends')
    .option('--timeout <seconds>', 'the longest time to wait', toNumber)
    .action(async (jobId: string, { timeout }: { timeout?: number }, command: Command) => {
      await showEnd(openSession(command, terminal), jobId, timeout, terminal);
    });

  addFilterOptions(program.command('list').description('list jobs, newest first'))
    .option('--order <asc|desc>', 'oldest job first (asc) or newest first (desc, the default)')
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

/** Returns the value from the argument or the option. @throws InvalidArgumentError if both are present */
function once<Name extends 'type' | 'payload'>(
  name: Name,
  argument: string | undefined,
  option: string | undefined,
): Partial<Record<Name, string>> {
  if (argument !== undefined && option !== undefined) {
    throw new InvalidArgumentError(
      `the ${name} is given twice, as ${argument} and as --${name} ${option}: remove one of them`,
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

/** @throws InvalidArgumentError for `--debounce-max` without `--debounce` */
function debounceOf({ debounce, debounceMax }: SubmitFlags): SubmitOptions['debounce'] {
  if (debounce !== undefined) return { seconds: debounce, maxSeconds: debounceMax };
  if (debounceMax === undefined) return undefined;
  throw new InvalidArgumentError('--debounce-max requires --debounce');
}

/** Waits for the job, shows it, and sets the exit code according to the job's outcome. */
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
