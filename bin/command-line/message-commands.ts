import type { Command } from 'commander';
import type { Schema } from 'errand-client';
import { dataOf } from 'errand-client';
import { openSession, type Terminal } from './session.ts';
import { toNumber } from './arguments.ts';
import { messagesText, recordText } from './show.ts';

/** Adds `message send`, `message get` and `message list`. */
export function addMessageCommands(program: Command, terminal: Terminal): void {
  const group = program
    .command('message')
    .description('queue and list text messages, which `send_messages` jobs send');

  group
    .command('send <to> <content>')
    .alias('post')
    .description(
      'queue a text message to a phone number such as +905551111111; the next `send_messages` job sends it',
    )
    .action(async (to: string, content: string, _options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.POST('/v1/messages', { body: { to, content } })), recordText);
    });

  group
    .command('get <message_id>')
    .description('show a message')
    .action(async (messageId: string, _options: unknown, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      const params = { path: { message_id: messageId } };
      show(dataOf(await errand.http.GET('/v1/messages/{message_id}', { params })), recordText);
    });

  group
    .command('list')
    .description('list messages, newest first')
    .option('--status <status>', 'pending, sending, sent or failed')
    .option('--limit <number>', 'the maximum number of messages on a page, 1 to 100', toNumber)
    .option('--cursor <cursor>', 'the next_cursor of the previous page')
    .action(async (query: ListOptions, command: Command) => {
      const { errand, show } = openSession(command, terminal);
      show(dataOf(await errand.http.GET('/v1/messages', { params: { query } })), messagesText);
    });
}

interface ListOptions {
  status?: Schema<'MessageStatus'>;
  limit?: number;
  cursor?: string;
}
