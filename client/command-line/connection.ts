import { InvalidArgumentError, type Command } from 'commander';
import { createErrandClient, type ErrandClient } from '../errand-client.ts';
import type { Terminal } from './terminal.ts';

/** What stands before or after every command. */
export interface CommonOptions {
  url?: string;
  apiKey?: string;
  json?: boolean;
}

/** What a command works with. */
export interface Session {
  readonly client: ErrandClient;
  /** Writes an answer: as JSON where that was asked for, else as `text` shows it. */
  readonly show: <Answer>(answer: Answer, text: (answer: Answer) => string) => void;
}

/**
 * The session of a command, from its flags and the environment.
 *
 * @throws InvalidArgumentError where no URL is given, or none that can be used
 */
export function openSession(command: Command, { environment, output }: Terminal): Session {
  const options = command.optsWithGlobals<CommonOptions>();
  const url = options.url ?? environment.ERRAND_URL;
  if (!url) throw new InvalidArgumentError('say where the API is: --url, or the variable ERRAND_URL');
  if (!URL.canParse(url) || !/^https?:/i.test(url)) {
    throw new InvalidArgumentError(`${url} is not a URL such as https://example.com`);
  }
  // An empty variable is none.
  const apiKey = [options.apiKey, environment.ERRAND_API_KEY].find((key) => key !== undefined && key !== '');
  return {
    client: createErrandClient({ url, apiKey }),
    show(answer, text) {
      output(options.json ? JSON.stringify(answer, null, 2) : text(answer));
    },
  };
}
