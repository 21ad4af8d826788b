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

/** Adds `schedule put`, `get`, `list`, `delete`, `start` and `stop`. */
export function addScheduleCommands(program: Command, terminal: Terminal): void {
  const group = program.command('schedule').description('manage schedules, which submit recurring jobs');
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
    .description('create a schedule, or replace all of an existing one')
    .option('--rate <rate>', 'the interval, such as "2 minutes"')
    .addOption(
      new Option(
        '--cron <fields>',
        'a cron expression with six fields, such as "0 9 ? * MON-FRI *"',
      ).conflicts('rate'),
    )
    .option('--timezone <zone>', 'the time zone of the cron expression (default: UTC)')
    .option('--start-at <time>', 'the earliest time to fire, in ISO 8601 with an offset')
    .option('--end-at <time>', 'the latest time to fire')
    .option('--overlap <skip|allow>', 'skip or allow a firing while the previous job is unfinished')
    .option(
      '--state <started|stopped>',
      'the state (default: started for a new schedule, unchanged for an existing one)',
    )
    .option('--type <type>', 'the job type (default: sleep)')
    .option('--payload <json>', 'JSON, @file, or @- for standard input')
    .option('--max-attempts <number>', 'the maximum number of attempts of each job', toNumber)
    .option('--timeout <seconds>', 'the time limit of one attempt', toNumber)
    .option('--callback-url <url>', 'the URL to notify when a job ends')
    .option('--tag <tag>', 'a tag for each job; may be repeated', collect)
    .option('--metadata <key=value>', 'a metadata field for each job; may be repeated', readPair)
    .option('--priority <number>', 'the priority of each job, from 0 (starts first) to 9', toNumber)
    .option('--concurrency <key=limit>', 'as in `errand submit`', toConcurrency)
    .option('--rate-limit <key=limit/period>', 'as in `errand submit`', toRateLimit)
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
    .description(`${action} one schedule, or all schedules with --all`)
    .option('--all', 'all schedules')
    .action(async (name: string | undefined, { all = false }: { all?: boolean }, command: Command) => {
      if ((name !== undefined) === all)
        throw new InvalidArgumentError('specify either the name of a schedule, or --all');
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
  // Undefined fields are not sent. The API validates all other fields, and names the invalid ones.
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
