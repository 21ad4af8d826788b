import { InvalidArgumentError, type Command } from 'commander';
import { dataOf } from 'errand-client';
import { openSession, type Session, type Terminal } from './session.ts';
import { readDuration, toNumber } from './arguments.ts';
import { recordText } from './show.ts';

interface RotateOptions {
  overlap: number;
  generation?: number;
}

/** `webhook-key`, `webhook-key rotate`. */
export function addWebhookKeyCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('webhook-key')
    .description('show the key that signs your webhooks, or rotate it; `webhook-key --help` says more')
    .action(async (_options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/webhook-key')), recordText);
    });

  group
    .command('rotate')
    .description('replace the key; the old one signs too for a while')
    .option(
      '--overlap <time>',
      'how long, such as 24h; 0s for a key that has leaked',
      readDuration,
      readDuration('24h'),
    )
    .option('--generation <number>', 'the generation to replace (default: the current one)', toNumber)
    .action(async ({ overlap, generation }: RotateOptions, command: Command) => {
      const session = openSession(command, terminal);
      const body = {
        generation: generation ?? (await generationToReplace(session)),
        overlap_seconds: overlap / 1_000,
      };
      session.show(dataOf(await session.errand.http.POST('/v1/webhook-key/rotate', { body })), recordText);
    });
}

/**
 * Returns the current generation. Throws if the key was just rotated: the user probably repeated the command because its
 * response was lost, and a second rotation would end the key that the receivers still have.
 */
async function generationToReplace({ errand }: Session): Promise<number> {
  const key = dataOf(await errand.http.GET('/v1/webhook-key'));
  const { generation, rotate_time: rotated, previous_until: until } = key;
  if (until === null) return generation;
  throw new InvalidArgumentError(
    `the key was rotated at ${rotated ?? ''}, and the one before signs until ${until}. To end that one sooner, repeat the ` +
      `rotation with --generation ${generation - 1} and a shorter --overlap. To replace the new key too, which ends the one ` +
      `before at once, give --generation ${generation}`,
  );
}
