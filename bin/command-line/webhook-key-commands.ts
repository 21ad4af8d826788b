import { InvalidArgumentError, type Command } from 'commander';
import { dataOf } from 'errand-client';
import { openSession, type Session, type Terminal } from './session.ts';
import { readDuration, toNumber } from './arguments.ts';
import { recordText } from './show.ts';

interface RotateOptions {
  overlap: number;
  generation?: number;
}

/** Adds `webhook-key` and `webhook-key rotate`. */
export function addWebhookKeyCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('webhook-key')
    .description('show or rotate the key that signs your webhooks')
    .action(async (_options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/webhook-key')), recordText);
    });

  group
    .command('rotate')
    .description('replace the signing key; webhooks are signed with both keys for the overlap')
    .option(
      '--overlap <time>',
      'how long to sign with both keys, such as 24h; 0s if the old key has leaked',
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
 * Returns the current generation. Throws while the previous key is still valid: the user probably repeated the command after a lost
 * response, and a second rotation would invalidate the key that the receivers still use.
 */
async function generationToReplace({ errand }: Session): Promise<number> {
  const key = dataOf(await errand.http.GET('/v1/webhook-key'));
  const { generation, rotate_time: rotated, previous_until: until } = key;
  if (until === null) return generation;
  throw new InvalidArgumentError(
    `the key was rotated at ${rotated ?? ''}, and the previous key signs until ${until}. To revoke the previous key sooner, ` +
      `rotate with --generation ${generation - 1} and a shorter --overlap. To replace the new key too, which revokes the ` +
      `previous one immediately, rotate with --generation ${generation}`,
  );
}
