import { InvalidArgumentError, type Command } from 'commander';
import { dataOf } from 'errand-client';
import { openSession, type Terminal } from './session.ts';
import { toNumber } from './arguments.ts';
import { concurrencyKeysText, queuesText, recordText, wokenText } from './show.ts';

/** Adds `queues`, `pause`, `resume`, and `concurrency list`, `set` and `clear`. */
export function addQueueCommands(program: Command, terminal: Terminal): void {
  program
    .command('queues')
    .description('list the queues with the numbers of their waiting, held and running jobs, and all pauses')
    .action(async (_options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/queues')), queuesText);
    });

  program
    .command('pause [queue]')
    .description('stop jobs of a queue, or of a job type with --type, from starting')
    .option('--type <type>', 'pause a job type in all queues')
    .action(async (queue: string | undefined, { type }: { type?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const target = targetOf(queue, type);
      if ('queue' in target) {
        show(
          dataOf(await errand.http.PUT('/v1/queues/{queue}/pause', { params: { path: target } })),
          recordText,
        );
      } else {
        show(
          dataOf(await errand.http.PUT('/v1/job-types/{type}/pause', { params: { path: target } })),
          recordText,
        );
      }
    });

  program
    .command('resume [queue]')
    .description('resume a queue, or with --type a job type, and wake its held jobs')
    .option('--type <type>', 'resume a job type')
    .action(async (queue: string | undefined, { type }: { type?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const target = targetOf(queue, type);
      if ('queue' in target) {
        show(
          dataOf(await errand.http.PUT('/v1/queues/{queue}/resume', { params: { path: target } })),
          wokenText,
        );
      } else {
        show(
          dataOf(await errand.http.PUT('/v1/job-types/{type}/resume', { params: { path: target } })),
          wokenText,
        );
      }
    });

  addConcurrencyCommands(program, terminal);
}

function addConcurrencyCommands(program: Command, terminal: Terminal): void {
  const group = program.command('concurrency').description('list concurrency keys, and change their limits');

  group
    .command('list')
    .description('list the keys with their limits, and the numbers of running and parked jobs')
    .option('--limit <number>', 'the maximum number of keys on a page, 1 to 50', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (query: { limit?: number; cursor?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/concurrency-keys', { params: { query } })), concurrencyKeysText);
    });

  group
    .command('set')
    .argument('<key>')
    .argument('<limit>', 'an integer, 0 or greater', toNumber)
    .description("set how many of a key's jobs may run at once; 0 stops them from starting")
    .action(async (key: string, limit: number, _options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const body = { limit };
      show(
        dataOf(await errand.http.PUT('/v1/concurrency-keys', { params: { query: { key } }, body })),
        wokenText,
      );
    });

  group
    .command('clear <key>')
    .description("delete a key's limit, so that the limits given at submission apply again")
    .action(async (key: string, _options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(
        dataOf(await errand.http.DELETE('/v1/concurrency-keys', { params: { query: { key } } })),
        wokenText,
      );
    });
}

function targetOf(queue: string | undefined, type: string | undefined): { queue: string } | { type: string } {
  if (queue !== undefined && type === undefined) return { queue };
  if (type !== undefined && queue === undefined) return { type };
  throw new InvalidArgumentError('specify either a queue, or --type and a job type');
}
