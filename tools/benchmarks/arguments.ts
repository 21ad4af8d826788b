import { Command, InvalidArgumentError } from 'commander';
import { count } from '../arguments.ts';
import type { Figure } from './figure.ts';

export interface Arguments {
  /** The figures named on the command line, in the same order; undefined for all figures. */
  readonly figures: readonly Figure[] | undefined;
  /** The commit to compare with. */
  readonly against: string | undefined;
  /** The number of rounds. If undefined, each figure uses its own default. */
  readonly rounds: number | undefined;
  readonly quick: boolean;
  readonly list: boolean;
}

const EXAMPLES = `
Examples:
  npm run bench -- --list
  npm run bench -- --only accepts
  npm run bench -- --against main --only cpu --only bundles`;

/** The minimum number of rounds in a comparison. Measuring how much one version's values vary takes at least two rounds. */
const LEAST_COMPARED = 2;

/**
 * Parses the command line.
 *
 * @param figures the figures that `--only` can name
 * @throws CommanderError if the arguments are invalid, and after `--help`. Commander has already printed its message.
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
        `There is no such figure. Use one of ${[...figures.keys()].join(', ')}.`,
      );
    }
    return [...chosen, found];
  };
  command
    .exitOverride()
    .description('Measures Errand, next to other job queues or against another version of itself.')
    .option('--only <figure>', 'measure only this figure; repeatable', figure)
    .option('--against <commit>', 'measure that commit and the working tree in turns, and compare them')
    .option('--rounds <n>', 'rounds per subject (default: 5; with --against, see --list)', count(1, 100))
    .option('--quick', 'little work in few rounds, to check that the benchmarks work; writes no results')
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
      `error: --only ${alone.name} cannot be combined with --against: the figure calls code in the working tree. ` +
        `Comparable figures: ${others.join(', ')}.`,
    );
  }
  if (against !== undefined && rounds !== undefined && rounds < LEAST_COMPARED) {
    command.error(
      `error: --rounds ${rounds} is too few for --against: it takes at least ${LEAST_COMPARED} to measure the noise.`,
    );
  }
  return { figures: only, against, rounds, quick: quick ?? false, list: list ?? false };
}
