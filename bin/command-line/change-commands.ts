import { InvalidArgumentError, type Command } from 'commander';
import { dataOf, type BulkAction, type Schema } from 'errand-client';
import { addFilterOptions, toFilterQuery, type FilterOptions } from './job-filter-options.ts';
import { showEnd } from './job-commands.ts';
import { openSession, type Session, type Terminal } from './session.ts';
import { recordText } from './show.ts';

interface ChangeOptions extends FilterOptions {
  all?: boolean;
  dryRun?: boolean;
  yes?: boolean;
  wait?: boolean;
}

const DESCRIPTIONS: Readonly<Record<BulkAction, string>> = {
  cancel: 'cancel one job, or all jobs that match filters',
  retry: 'run a failed or canceled job again, or all that match filters',
  delete: 'delete the ended jobs that match filters',
};

/** Adds `cancel`, `retry` and `delete`, for one job or for all jobs that match filters. */
export function addChangeCommands(program: Command, terminal: Terminal): void {
  for (const action of ['cancel', 'retry'] as const) {
    addBulkOptions(program.command(`${action} [job_id]`).description(DESCRIPTIONS[action]), action).action(
      async (jobId: string | undefined, options: ChangeOptions, command: Command) => {
        if (jobId === undefined) return changeMany(action, options, command, terminal);
        if (Object.keys(options).length > 0)
          throw new InvalidArgumentError(
            `specify either the id of a job, or filters: errand ${action} ${jobId}`,
          );
        const { errand, show } = openSession(command, terminal);
        show(await errand[action](jobId), recordText);
      },
    );
  }
  addBulkOptions(program.command('delete').description(DESCRIPTIONS.delete), 'delete').action(
    async (options: ChangeOptions, command: Command) => changeMany('delete', options, command, terminal),
  );
}

function addBulkOptions(command: Command, action: BulkAction): Command {
  addFilterOptions(command)
    .option('--all', 'change every job that can be changed, instead of giving filters')
    .option('--dry-run', 'only count the matching jobs')
    .option('--wait', 'wait until all jobs have been changed');
  return action === 'retry' ? command : command.option('--yes', 'do not ask for confirmation');
}

/**
 * Submits a bulk job that cancels, retries or deletes all jobs that match the filters. The user must confirm a cancellation or deletion,
 * either in the terminal or with `--yes`.
 */
async function changeMany(
  action: BulkAction,
  { all = false, dryRun = false, yes = false, wait = false, ...filters }: ChangeOptions,
  command: Command,
  terminal: Terminal,
): Promise<void> {
  if (all === Object.keys(filters).length > 0) {
    const one = action === 'delete' ? '' : 'the id of a job, or ';
    throw new InvalidArgumentError(
      `specify ${one}filters such as --status or --type, or --all for every job that can be changed`,
    );
  }
  const session = openSession(command, terminal);
  const body: Schema<'BulkRequest'> = {
    action,
    filter: toFilter(filters),
    ...(all && { confirm: 'all' as const }),
  };
  if (dryRun) {
    session.show(await count(session, body), countText);
    return;
  }
  if (action !== 'retry' && !yes) await confirm(action, await count(session, body), terminal);
  const job = dataOf(await session.errand.http.POST('/v1/jobs/bulk', { body })) as Schema<'Job'>;
  if (wait) await showEnd(session, job.job_id, undefined, terminal);
  else session.show(job, recordText);
}

function toFilter(options: FilterOptions): Schema<'BulkRequest'>['filter'] {
  const { status, metadata, ...filter } = toFilterQuery(options, new Date());
  return {
    ...filter,
    // The API validates the names.
    ...(status !== undefined && { status: String(status).split(',') as Schema<'JobStatus'>[] }),
    ...(metadata !== undefined && { metadata: { ...options.metadata } }),
  };
}

async function count({ errand }: Session, body: Schema<'BulkRequest'>): Promise<Schema<'BulkCount'>> {
  const answer = await errand.http.POST('/v1/jobs/bulk', { body: { ...body, dry_run: true } });
  return dataOf(answer) as Schema<'BulkCount'>;
}

function countText({ matched, exact }: Schema<'BulkCount'>): string {
  return `${exact ? '' : 'at least '}${matched} ${matched === 1 && exact ? 'job' : 'jobs'}`;
}

/** @throws InvalidArgumentError if the user does not confirm */
async function confirm(action: BulkAction, found: Schema<'BulkCount'>, { ask }: Terminal): Promise<void> {
  const change = `${action} ${countText(found)}`;
  if (!ask) throw new InvalidArgumentError(`this would ${change}: add --yes to confirm`);
  const answer = await ask(`${change}? [y/N] `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new InvalidArgumentError('nothing was changed');
}
