import { InvalidArgumentError, type Command } from 'commander';
import { dataOf } from 'errand-client';
import { readDuration, toNumber } from './arguments.ts';
import { openSession, type Terminal } from './session.ts';
import { historyText } from './show.ts';

/** The filters and the grouping, as the API takes them. */
interface Query {
  from?: string;
  to?: string;
  step?: 60 | 300 | 900 | 3600 | 86400;
  type?: string;
  queue?: string;
  group_by?: 'type' | 'queue';
}

interface HistoryOptions extends Omit<Query, 'group_by'> {
  /** In milliseconds. */
  since?: number;
  by?: 'type' | 'queue';
}

/** `history`. */
export function addHistoryCommand(program: Command, terminal: Terminal): void {
  program
    .command('history')
    .description('show what happened to jobs, step by step')
    .option('--since <duration>', 'how far back, such as 1h or 7d; by default a day', readDuration)
    .option('--from <time>', 'the start, in ISO 8601 with its offset')
    .option('--to <time>', 'the end; by default the present')
    .option('--step <seconds>', '60, 300, 900, 3600 or 86400; by default the shortest that is kept', toNumber)
    .option('--by <type|queue>', 'a line for each type, or for each queue')
    .option('--type <type>', 'only jobs of this type')
    .option('--queue <queue>', 'only jobs of this queue')
    .action(async ({ since, by, ...filters }: HistoryOptions, command: Command) => {
      if (since !== undefined && filters.from !== undefined)
        throw new InvalidArgumentError('give either --since or --from');
      const { errand, show } = openSession(command, terminal);
      const query: Query = { ...filters };
      if (since !== undefined) query.from = new Date(Date.now() - since).toISOString();
      if (by !== undefined) query.group_by = by;
      show(dataOf(await errand.http.GET('/v1/stats/history', { params: { query } })), historyText);
    });
}
