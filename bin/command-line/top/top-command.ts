import { InvalidArgumentError, type Command } from 'commander';
import { readSeconds } from '../arguments.ts';
import { openSession, type CommonOptions, type Terminal } from '../session.ts';

interface TopOptions extends CommonOptions {
  once?: boolean;
  every: number;
}

const DEFAULT_SECONDS = 2;

/** Adds `top`, a live view of the queues, running jobs and failures. */
export function addTopCommand(program: Command, terminal: Terminal): void {
  program
    .command('top')
    .description('watch queues, running jobs and recent failures')
    .option('--once', 'print the view once and exit (the default if the output is not a terminal)')
    .option(
      '--every <duration>',
      'how often to poll the API, such as 5s or 1m',
      readInterval,
      DEFAULT_SECONDS,
    )
    .action(async (_options: unknown, command: Command) => {
      const { once = false, every, json = false } = command.optsWithGlobals<TopOptions>();
      const { environment, openScreen, columns = Infinity } = terminal;
      // Any non-empty value of NO_COLOR turns color off: https://no-color.org
      const hasColor = terminal.columns !== undefined && !environment.NO_COLOR && environment.TERM !== 'dumb';
      const isLive = openScreen !== undefined && environment.TERM !== 'dumb' && !once && !json;
      // The live view has its own back-off, so the client must not retry.
      const { errand, url, show } = openSession(command, terminal, isLive ? { retries: 0 } : {});
      if (isLive) {
        const { runLiveView } = await import('./live-view.ts');
        const screen = openScreen();
        try {
          await runLiveView({ errand, url, screen, interval: every * 1_000, hasColor });
        } finally {
          screen.close();
        }
        return;
      }
      const [{ readSnapshot }, { frame }] = await Promise.all([
        import('./snapshot.ts'),
        import('./frame.ts'),
      ]);
      const snapshot = await readSnapshot(errand, new Date(), new AbortController().signal);
      show(snapshot, () =>
        frame(
          { url, snapshot, problem: undefined },
          { columns, rows: Infinity, hasColor, isLive: false },
        ).join('\n'),
      );
    });
}

function readInterval(text: string): number {
  const seconds = readSeconds(text);
  if (seconds < 1 || seconds > 3_600) throw new InvalidArgumentError('It must be between 1s and 1h.');
  return seconds;
}
