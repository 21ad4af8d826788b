import { setImmediate } from 'node:timers/promises';

/** What `LogType: Tail` returns: the last 4 KB of the log of one invocation. */
const TAIL_BYTES = 4 * 1024;

/** Collects the lines of one invocation. */
export class LogTail {
  #text = Buffer.alloc(0);

  add(line: string): void {
    this.#text = Buffer.concat([this.#text, Buffer.from(`${line}\n`)]).subarray(-TAIL_BYTES);
  }

  /** The log so far, as the header `X-Amz-Log-Result` carries it. */
  async base64(): Promise<string> {
    // A sandbox writes its lines before its answer, but they come through another pipe: one turn of the event loop
    // reads what is in it.
    await setImmediate();
    await setImmediate();
    return this.#text.toString('base64');
  }
}
