import { InvalidArgumentError, type Command } from 'commander';
import { dataOf } from 'errand-client';
import { openSession, type Terminal } from './session.ts';
import { toNumber } from './arguments.ts';
import { concurrencyKeysText, queuesText, recordText, wokenText } from './show.ts';

/** `queues`, `pause`, `resume`, and `concurrency list`, `set`, `clear`. */
export function addQueueCommands(program: Command, terminal: Terminal): void {
  program
    .command('queues')
    .description('list the queues with their waiting, held and running jobs, and all pauses')
    .action(async (_options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/queues')), queuesText);
    });

  program
    .command('pause [queue]')
    .description('stop the jobs of a queue from starting, or with --type the jobs of a job type')
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
    .description('end the pause of a queue, or with --type of a job type, and wake the held jobs')
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
  const group = program
    .command('concurrency')
    .description('list concurrency keys and change their limits; see `concurrency --help`');

  group
    .command('list')
    .description('list the keys, with their running and parked jobs and their limits')
    .option('--limit <number>', 'the maximum number of keys on a page, 1 to 50', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (query: { limit?: number; cursor?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/concurrency-keys', { params: { query } })), concurrencyKeysText);
    });

  group
    .command('set')
    .argument('<key>')
    .argument('<limit>', 'a whole number from 0', toNumber)
    .description('set how many jobs of a key may run at once; with 0, no job of the key starts')
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
    .description('delete the limit of a key, so that the submitted limits apply again')
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
  throw new InvalidArgumentError('give either one queue, or --type and a job type');
}
