import type { Command } from 'commander';
import { dataOf, type paths } from 'errand-client';
import { readPayload, toNumber } from './arguments.ts';
import { openSession, type Terminal } from './session.ts';
import { jobsText, recordText, stepsText } from './show.ts';

type ChildrenQuery = NonNullable<paths['/v1/jobs/{job_id}/children']['get']['parameters']['query']>;

/** Adds `signal`, `steps` and `children`. */
export function addStepCommands(program: Command, terminal: Terminal): void {
  program
    .command('signal <job_id> <name> [payload]')
    .description('send a signal to a job: errand signal <job_id> approve \'{"by":"Ada"}\'')
    .option('--key <key>', 'an idempotency key: a second signal with the same name and key is ignored')
    .action(
      async (
        jobId: string,
        name: string,
        given: string | undefined,
        { key }: { key?: string },
        command: Command,
      ) => {
        const { errand, show } = openSession(command, terminal);
        const payload =
          given === undefined ? null : await readPayload(given, terminal.readInput, 'the payload');
        show(await errand.signal(jobId, name, payload, { key }), recordText);
      },
    );

  program
    .command('steps <job_id>')
    .description("list a job's steps, oldest first")
    .option('--limit <number>', 'the maximum number of steps on a page, 1 to 100', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (jobId: string, query: { limit?: number; cursor?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const params = { path: { job_id: jobId }, query };
      show(dataOf(await errand.http.GET('/v1/jobs/{job_id}/steps', { params })), stepsText);
    });

  program
    .command('children <job_id>')
    .description("list a job's children, newest first")
    .option('--status <status>', 'created, running, success, failed or canceled; comma-separated for several')
    .option('--order <asc|desc>', 'oldest job first (asc) or newest first (desc, the default)')
    .option('--limit <number>', 'the maximum number of jobs on a page, 1 to 200', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (jobId: string, query: ChildrenQuery, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const params = { path: { job_id: jobId }, query };
      show(dataOf(await errand.http.GET('/v1/jobs/{job_id}/children', { params })), (page) =>
        jobsText(page, terminal.columns),
      );
    });
}
