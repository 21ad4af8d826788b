import { InvalidArgumentError, type Command } from 'commander';
import { dataOf } from 'errand-client';
import { readDuration, toNumber } from './arguments.ts';
import { openSession, type Terminal } from './session.ts';
import { historyText } from './show.ts';

/** The filters and the grouping, as API parameters. */
interface Query {
  from?: string;
  to?: string;
  step?: 60 | 300 | 900 | 3600 | 86400;
  type?: string;
  queue?: string;
  group_by?: 'type' | 'queue';
}

interface HistoryOptions extends Omit<Query, 'group_by'> {
  /** A duration in milliseconds. */
  since?: number;
  by?: 'type' | 'queue';
}

/** Adds `history`. */
export function addHistoryCommand(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .description('show job counts and durations over time')
    .option('--since <duration>', 'how far back to look, such as 1h or 7d (default: a day)', readDuration)
    .option('--from <time>', 'the start, in ISO 8601 with an offset')
    .option('--to <time>', 'the end (default: now)')
    .option(
      '--step <seconds>',
      'the length of each interval: 60, 300, 900, 3600 or 86400 (default: the shortest that is kept)',
      toNumber,
    )
    .option('--by <type|queue>', 'a line for each job type or queue')
    .option('--type <type>', 'only this job type')
    .option('--queue <queue>', 'only this queue')
    .action(async ({ since, by, ...filters }: HistoryOptions, command: Command) => {
      if (since !== undefined && filters.from !== undefined)
        throw new InvalidArgumentError('specify either --since or --from');
      const { errand, show } = openSession(command, terminal);
      const query: Query = { ...filters };
      if (since !== undefined) query.from = new Date(Date.now() - since).toISOString();
      if (by !== undefined) query.group_by = by;
      show(dataOf(await errand.http.GET('/v1/stats/history', { params: { query } })), historyText);
    });
}
