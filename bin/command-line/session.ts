import { InvalidArgumentError, type Command } from 'commander';
import { createErrand, type Errand, type ErrandOptions, type Schema } from 'errand-client';
import type { Screen } from './top/screen.ts';

/** The process's input and output, injected so that tests can replace them. */
export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Writes to standard output, which other programs may parse. */
  readonly output: (text: string) => void;
  /** The terminal's width; undefined if the output is a pipe or a file. */
  readonly columns?: number | undefined;
  /** Output for people: errors and the spinner. */
  readonly messages: { readonly isTTY?: boolean; readonly columns?: number; write(text: string): unknown };
  readonly readInput: () => Promise<string>;
  /** Asks the user a question; undefined if input or output is a pipe or a file. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
  /** Takes over the terminal; undefined if input or output is a pipe or a file. */
  readonly openScreen?: (() => Screen) | undefined;
  readonly setExitCode: (code: number) => void;
}

/** Options that every command has. */
export interface CommonOptions {
  url?: string;
  apiKey?: string;
  json?: boolean;
}

/** A command's connection to the API, and its output. */
export interface Session {
  /** The client, which accepts any job type and any payload, because the API validates both. */
  readonly errand: Errand;
  /** The API's URL. */
  readonly url: string;
  /** Writes a response: as JSON with `--json`, otherwise formatted by `text`. */
  readonly show: <Answer>(answer: Answer, text: (answer: Answer) => string) => void;
  /** Writes one item of a stream, such as a log line: as a line of JSON with `--json`, otherwise formatted by `text`. */
  readonly showLine: <Item>(item: Item, text: (item: Item) => string) => void;
}

/**
 * Opens a session from the command's options and the environment.
 *
 * @param client options for the client, other than its URL and key
 * @throws InvalidArgumentError for an invalid URL
 */
export function openSession(
  command: Command,
  terminal: Terminal,
  client: Pick<ErrandOptions, 'retries'> = {},
): Session {
  const { environment, output } = terminal;
  const options = command.optsWithGlobals<CommonOptions>();
  const url = givenUrl(command, terminal) ?? defaultUrl(terminal);
  if (!URL.canParse(url) || !/^https?:/i.test(url)) {
    throw new InvalidArgumentError(`${url} is not a URL such as https://example.com`);
  }
  // An empty variable counts as unset.
  const apiKey = [options.apiKey, environment.ERRAND_API_KEY].find((key) => key !== undefined && key !== '');
  return {
    errand: createErrand({ ...client, url, apiKey }),
    url,
    show(answer, text) {
      output(options.json ? JSON.stringify(answer, null, 2) : text(answer));
    },
    showLine(item, text) {
      output(options.json ? JSON.stringify(item) : text(item));
    },
  };
}

/** The URL from the command's options or the environment. */
function givenUrl(command: Command, { environment }: Terminal): string | undefined {
  // An empty variable counts as unset.
  const { url = environment.ERRAND_URL } = command.optsWithGlobals<CommonOptions>();
  return url === '' ? undefined : url;
}

/** Whether the command uses the default URL: neither the options nor the environment contain a URL. */
export function isDefaultUrl(program: Command, terminal: Terminal): boolean {
  return givenUrl(program, terminal) === undefined;
}

/** The URL at which `errand dev` serves the API, with the port from the PORT variable. */
export function defaultUrl({ environment }: Terminal): string {
  const { PORT: port = '' } = environment;
  return `http://127.0.0.1:${port === '' ? 3000 : port}`;
}

/** The process's exit codes. */
export const EXIT = {
  /** The job succeeded, or a command that doesn't wait for a job succeeded. */
  success: 0,
  failed: 1,
  /** The command was invalid, the API rejected the request, or the API could not be reached. */
  refused: 2,
  canceled: 3,
  /** The wait timed out before the job ended. */
  notEnded: 4,
} as const;

/** The exit code for a command that waited for a job. */
export function exitCodeOf(status: Schema<'JobStatus'>): number {
  if (status === 'success' || status === 'failed' || status === 'canceled') return EXIT[status];
  return EXIT.notEnded;
}
