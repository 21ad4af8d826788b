import type { Command } from 'commander';
import { dataOf } from 'errand-client';
import { toNumber } from './arguments.ts';
import { EXIT, openSession, type Terminal } from './session.ts';
import { batchesText, batchText } from './show.ts';

/** Adds `batch` and `batches`. */
export function addBatchCommands(program: Command, terminal: Terminal): void {
  program
    .command('batch <batch_id>')
    .description("show how many of a batch's jobs have each status")
    .option('--wait [seconds]', 'wait until the batch is completed, at most this many seconds', toNumber)
    .action(async (batchId: string, { wait }: { wait?: number | true }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const batch = errand.batch(batchId);
      const seen =
        wait === undefined
          ? await batch.get()
          : await batch.wait(wait === true ? {} : { timeoutSeconds: wait });
      show(seen, batchText);
      if (wait !== undefined && seen.status !== 'completed') terminal.setExitCode(EXIT.notEnded);
    });

  program
    .command('batches')
    .description('list batches, newest first')
    .option('--limit <number>', 'the maximum number of batches on a page, 1 to 200', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (query: { limit?: number; cursor?: string }, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/batches', { params: { query } })), batchesText);
    });
}
