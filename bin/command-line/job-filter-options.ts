import { InvalidArgumentError, Option, type Command } from 'commander';
import type { paths } from 'errand-client';
import { readDuration } from './arguments.ts';

/** The filter of a list, with the API's parameters. */
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
    .option('--status <status>', 'created, running, success, failed or canceled; several as failed,canceled')
    .option('--type <type>', 'the job type')
    .option('--queue <queue>', 'the queue')
    .option('--object-id <id>', 'the object id of the jobs')
    .option('--batch <batch_id>', 'the batch that the jobs were submitted with')
    .option('--parent <job_id>', 'the job whose steps submitted the jobs as its children')
    .option('--tag <tag>', 'a tag of the jobs')
    .option('--metadata <key=value>', 'a metadata value of the jobs; repeat it for several', readPair)
    .option(
      '--since <duration>',
      'created within this duration before now, such as 90s, 30m, 24h or 7d',
      readDuration,
    )
    .addOption(
      new Option(
        '--created-after <time>',
        'created at this time or later, in ISO 8601 with its offset',
      ).conflicts('since'),
    )
    .option('--created-before <time>', 'created before this time')
    .option('--message <text>', 'a part of the message, ignoring case');
}

/** The API's parameters for the options. The API validates their values. */
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
 * Adds a `key=value` to the previous ones.
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

/** Adds a value to the previous ones. */
export function collect(text: string, earlier: string[] = []): string[] {
  return [...earlier, text];
}
