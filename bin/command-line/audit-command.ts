import type { Command } from 'commander';
import { dataOf, type Schema } from 'errand-client';
import { openSession, type Terminal } from './session.ts';
import { toNumber } from './arguments.ts';
import { auditText } from './show.ts';

interface AuditOptions {
  from?: string;
  to?: string;
  actor?: string;
  action?: Schema<'AuditAction'>;
  job?: string;
  limit?: number;
  cursor?: string;
}

/** Adds `audit`. */
export function addAuditCommand(program: Command, terminal: Terminal): void {
  program
    .command('audit')
    .description('list who changed what, newest first')
    .option('--from <time>', 'only entries at this time or later, such as 2030-01-31T12:00:00Z')
    .option('--to <time>', 'only entries before this time')
    .option('--actor <actor>', 'only changes by this actor, such as key:516069fe8e2095c3')
    .option('--action <action>', 'only entries with this action, such as job.cancel')
    .option('--job <job_id>', 'only entries about this job')
    .option('--limit <number>', 'the maximum number of entries on a page, 1 to 200', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async ({ job, cursor: first, ...filters }: AuditOptions, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const read = async (cursor: string | undefined): Promise<Schema<'AuditPage'>> => {
        const query = { ...filters, ...(job !== undefined && { job_id: job }), ...(cursor && { cursor }) };
        return dataOf(await errand.http.GET('/v1/audit', { params: { query } }));
      };
      let page = await read(first);
      // A page can be empty even if later pages contain matching entries.
      while (page.items.length === 0 && page.next_cursor !== null) page = await read(page.next_cursor);
      show(page, auditText);
    });
}
