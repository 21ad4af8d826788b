import { InvalidArgumentError, Option, type Command } from 'commander';
import type { paths } from 'errand-client';
import { readDuration } from './arguments.ts';

/** A list's filters, as API query parameters. */
type FilterQuery = Omit<
  NonNullable<paths['/v1/jobs']['get']['parameters']['query']>,
  'limit' | 'cursor' | 'order'
>;

/** The options of a command that filters jobs. */
export interface FilterOptions {
  status?: string;
  type?: string;
  queue?: string;
  objectId?: string;
  batch?: string;
  parent?: string;
  tag?: string;
  metadata?: Readonly<Record<string, string>>;
  /** A duration in milliseconds. */
  since?: number;
  createdAfter?: string;
  createdBefore?: string;
  message?: string;
}

/** Adds the options that select jobs. */
export function addFilterOptions(command: Command): Command {
  return command
    .option('--status <status>', 'created, running, success, failed or canceled; comma-separated for several')
    .option('--type <type>', 'the job type')
    .option('--queue <queue>', 'the queue')
    .option('--object-id <id>', 'the object_id')
    .option('--batch <batch_id>', 'the batch')
    .option('--parent <job_id>', 'the parent job that submitted the jobs in its steps')
    .option('--tag <tag>', 'a tag')
    .option('--metadata <key=value>', 'a metadata value; may be repeated', readPair)
    .option('--since <duration>', 'created within the last 90s, 30m, 24h or 7d, for example', readDuration)
    .addOption(
      new Option(
        '--created-after <time>',
        'created at this time or later, in ISO 8601 with an offset',
      ).conflicts('since'),
    )
    .option('--created-before <time>', 'created before this time')
    .option('--message <text>', 'part of the message; case is ignored');
}

/** Converts the options to the API's parameters. The API validates their values. */
export function toFilterQuery(options: FilterOptions, now: Date): FilterQuery {
  const { parent } = options;
  const { status, type, queue, objectId, batch, tag, metadata, since, createdBefore, message } = options;
  const createdAfter =
    since === undefined ? options.createdAfter : new Date(now.getTime() - since).toISOString();
  return {
    ...(status !== undefined && { status: status as 'failed' }),
    ...(type !== undefined && { type }),
    ...(objectId !== undefined && { object_id: objectId }),
    ...(batch !== undefined && { batch_id: batch }),
    ...(parent !== undefined && { parent_job_id: parent }),
    ...(queue !== undefined && { queue }),
    ...(tag !== undefined && { tag }),
    ...(metadata !== undefined && { metadata: JSON.stringify(metadata) }),
    ...(createdAfter !== undefined && { created_after: createdAfter }),
    ...(createdBefore !== undefined && { created_before: createdBefore }),
    ...(message !== undefined && { message }),
  };
}

/**
 * Adds a `key=value` pair to the previous pairs.
 *
 * @throws InvalidArgumentError for any other string
 */
export function readPair(text: string, earlier: Record<string, string> = {}): Record<string, string> {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) {
    throw new InvalidArgumentError('It must be key=value, such as customer=acme.');
  }
  return { ...earlier, [key]: value };
}

/** Adds a value to the previous values. */
export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}
