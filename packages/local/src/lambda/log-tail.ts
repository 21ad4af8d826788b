import { setTimeout as delay } from 'node:timers/promises';

/** The size of the log excerpt for `LogType: Tail`: the last 4 KB of the invocation's log. */
const TAIL_BYTES = 4 * 1024;

/** How long to wait for an invocation's last log lines, in milliseconds. On a busy machine, these lines may arrive after the response. */
const PIPE_MS = 100;

/** Collects an invocation's log lines. */
export class LogTail {
  #text = Buffer.alloc(0);

  add(line: string): void {
    this.#text = Buffer.concat([this.#text, Buffer.from(`${line}\n`)]).subarray(-TAIL_BYTES);
  }

  /** The log so far, encoded as in the `X-Amz-Log-Result` header. */
  async base64(): Promise<string> {
    // A sandbox writes its log lines before its response, but to another pipe, so this process may read the lines after the response.
    await delay(PIPE_MS);
    return this.#text.toString('base64');
  }
}
