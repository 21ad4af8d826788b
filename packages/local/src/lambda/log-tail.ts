import { setTimeout as delay } from 'node:timers/promises';

/** What `LogType: Tail` returns: the last 4 KB of the log of one invocation. */
const TAIL_BYTES = 4 * 1024;

/** How long the last lines may take through their pipe, in milliseconds; they do take some time on a busy machine. */
const PIPE_MS = 100;

/** Collects the lines of one invocation. */
export class LogTail {
  #text = Buffer.alloc(0);

  add(line: string): void {
    this.#text = Buffer.concat([this.#text, Buffer.from(`${line}\n`)]).subarray(-TAIL_BYTES);
  }

  /** The log so far, as encoded in the header `X-Amz-Log-Result`. */
  async base64(): Promise<string> {
    // A sandbox writes its lines before its response, but through another pipe, which is read a little later.
    await delay(PIPE_MS);
    return this.#text.toString('base64');
  }
}
