import { InvalidArgumentError, Option, type Command } from 'commander';
import type { RateLimit, Schema } from 'errand-client';
import { dataOf } from 'errand-client';
import { openSession, type Terminal } from './session.ts';
import { toNumber, readPayload } from './arguments.ts';
import { collect, readPair } from './job-filter-options.ts';
import { toConcurrency, toRateLimit, type Concurrency } from './limit-arguments.ts';
import { allSchedulesText, recordText, schedulesText } from './show.ts';

interface PutOptions {
  rate?: string;
  cron?: string;
  timezone?: string;
  startAt?: string;
  endAt?: string;
  overlap?: string;
  state?: string;
  type?: string;
  payload?: string;
  maxAttempts?: number;
  timeout?: number;
  callbackUrl?: string;
  tag?: string[];
  metadata?: Record<string, string>;
  priority?: number;
  concurrency?: Concurrency;
  rateLimit?: RateLimit;
}

/** `schedule put`, `get`, `list`, `delete`, `start`, `stop`. */
export function addScheduleCommands(program: Command, terminal: Terminal): void {
  const group = program.command('schedule').description('recurring jobs; `schedule --help` says more');
  addPut(group, terminal);

  group
    .command('get <name>')
    .description('show a schedule')
    .action(async (name: string, _options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/schedules/{name}', { params: { path: { name } } })), recordText);
    });

  group
    .command('list')
    .description('list schedules by name')
    .option('--limit <number>', 'the maximum number of schedules on a page, 1 to 50', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (query: { limit?: number; cursor?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/schedules', { params: { query } })), schedulesText);
    });

  group
    .command('delete <name>')
    .description('delete a schedule; its jobs stay')
    .action(async (name: string, _options: unknown, command: Command) => {
      const { errand } = openSession(command, terminal);
      dataOf(await errand.http.DELETE('/v1/schedules/{name}', { params: { path: { name } } }));
    });

  for (const action of ['start', 'stop'] as const) addStartOrStop(group, action, terminal);
}

function addPut(group: Command, terminal: Terminal): void {
  group
    .command('put <name>')
    .description('create a schedule, or replace it as a whole')
    .option('--rate <rate>', 'such as "2 minutes"')
    .addOption(new Option('--cron <fields>', 'six fields, such as "0 9 ? * MON-FRI *"').conflicts('rate'))
    .option('--timezone <zone>', 'in which the cron expression is read; UTC by default')
    .option('--start-at <time>', 'nothing fires before, in ISO 8601 with its offset')
    .option('--end-at <time>', 'nothing fires after')
    .option('--overlap <skip|allow>', 'whether a firing is skipped while the last job waits or runs')
    .option('--state <started|stopped>', 'left out: started if new, else as it was')
    .option('--type <type>', 'the job type; without one the job sleeps')
    .option('--payload <json>', 'JSON, @file, or @- for the standard input')
    .option('--max-attempts <number>', 'how often each job is tried', toNumber)
    .option('--timeout <seconds>', 'how long one attempt may take', toNumber)
    .option('--callback-url <url>', 'is told the outcome of each job')
    .option('--tag <tag>', 'a tag of each job; repeat it for several', collect)
    .option('--metadata <key=value>', 'a field of each job; repeat it for several', readPair)
    .option('--priority <number>', 'the priority of the jobs, 0 (most urgent) to 9', toNumber)
    .option('--concurrency <key=limit>', 'as for `errand submit`', toConcurrency)
    .option('--rate-limit <key=limit/period>', 'as for `errand submit`', toRateLimit)
    .action(async (name: string, options: PutOptions, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const body = await toDefinition(options, terminal);
      show(
        dataOf(await errand.http.PUT('/v1/schedules/{name}', { params: { path: { name } }, body })),
        recordText,
      );
    });
}

function addStartOrStop(group: Command, action: 'start' | 'stop', terminal: Terminal): void {
  group
    .command(`${action} [name]`)
    .description(`${action} one schedule, or with --all every one`)
    .option('--all', 'every schedule')
    .action(async (name: string | undefined, { all = false }: { all?: boolean }, command: Command) => {
      if ((name !== undefined) === all) throw new InvalidArgumentError('name one schedule, or give --all');
      const { errand, show } = openSession(command, terminal);
      if (name === undefined) show(dataOf(await errand.http.PUT(`/jobs/${action}`)), allSchedulesText);
      else {
        const params = { path: { name } };
        show(dataOf(await errand.http.PUT(`/v1/schedules/{name}/${action}`, { params })), recordText);
      }
    });
}

async function toDefinition(
  options: PutOptions,
  { readInput }: Terminal,
): Promise<Schema<'ScheduleDefinition'>> {
  const payload = options.payload === undefined ? undefined : await readPayload(options.payload, readInput);
  // Undefined fields are not sent; the API checks all others, and names what is wrong.
  return {
    rate: options.rate,
    cron: options.cron,
    timezone: options.timezone,
    start_at: options.startAt,
    end_at: options.endAt,
    overlap: options.overlap,
    state: options.state,
    job: {
      type: options.type,
      payload,
      max_attempts: options.maxAttempts,
      timeout_seconds: options.timeout,
      callback_url: options.callbackUrl,
      tags: options.tag,
      metadata: options.metadata,
      priority: options.priority,
      concurrency: options.concurrency,
      rate_limit: options.rateLimit && {
        key: options.rateLimit.key,
        limit: options.rateLimit.limit,
        per_seconds: options.rateLimit.perSeconds,
        burst: options.rateLimit.burst,
      },
    },
  } as Schema<'ScheduleDefinition'>;
}
