import { Command, InvalidArgumentError } from 'commander';
import { count } from '../arguments.ts';
import type { Figure } from './figure.ts';

export interface Arguments {
  /** As they were chosen, or undefined for all. */
  readonly figures: readonly Figure[] | undefined;
  /** The commit to compare with. */
  readonly against: string | undefined;
  /** Undefined where each figure takes its own number. */
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly list: boolean;
}

const EXAMPLES = `
Examples:
  npm run bench -- --list
  npm run bench -- --only accepts
  npm run bench -- --against main --only cpu --only bundles`;

/** A spread of the same version needs two rounds. */
const LEAST_COMPARED = 2;

/**
 * Reads the command line.
 *
 * @param figures what `--only` can name
 * @throws CommanderError for wrong arguments and after `--help`, when it has written its message
 */
export function readArguments(
  words: readonly string[],
  figures: ReadonlyMap<string, Figure>,
  command: Command = new Command('bench'),
): Arguments {
  const figure = (name: string, chosen: readonly Figure[] = []): readonly Figure[] => {
    const found = figures.get(name);
    if (!found) {
      throw new InvalidArgumentError(
        `There is no such figure. Give one of ${[...figures.keys()].join(', ')}.`,
      );
    }
    return [...chosen, found];
  };
  command
    .exitOverride()
    .description('Measures Errand, beside other job queues or against another version of itself.')
    .option('--only <figure>', 'measure this figure alone; may be given several times', figure)
    .option('--against <commit>', 'measure that version and the working tree in turns, and compare them')
    .option(
      '--rounds <n>',
      'how often each subject has its turn (5; with --against, as --list says)',
      count(1, 100),
    )
    .option('--quick', 'little work in few rounds, to see that the benchmarks work; nothing is written')
    .option('--list', 'list the figures')
    .addHelpText('after', EXAMPLES)
    .parse(words, { from: 'user' });
  const { only, against, rounds, quick, list } = command.opts<{
    only?: readonly Figure[];
    against?: string;
    rounds?: number;
    quick?: true;
    list?: true;
  }>();
  const alone = only?.find(({ probes }) => probes.length === 0);
  if (against !== undefined && alone) {
    const others = [...figures.values()].filter(({ probes }) => probes.length > 0).map(({ name }) => name);
    command.error(
      `error: --only ${alone.name} cannot be combined with --against: the figure calls code of the working tree. ` +
        `These can be compared: ${others.join(', ')}.`,
    );
  }
  if (against !== undefined && rounds !== undefined && rounds < LEAST_COMPARED) {
    command.error(
      `error: --rounds ${rounds} is too few for --against: the noise shows between rounds. Give ${LEAST_COMPARED} or more.`,
    );
  }
  return { figures: only, against, rounds, quick: quick ?? false, list: list ?? false };
}
