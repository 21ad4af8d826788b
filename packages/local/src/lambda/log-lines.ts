import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** The maximum length of a line. Longer lines are split. The limit is the maximum size of a CloudWatch Logs event, 256 KB. */
const MAX_LINE = 256 * 1024;

/**
 * Reads a process's output line by line, without the line breaks. A last line without a line break is passed on when the stream ends.
 */
export function readLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    for (; rest.length > MAX_LINE; rest = rest.slice(MAX_LINE)) onLine(rest.slice(0, MAX_LINE));
  });
  stream.on('close', () => {
    if (rest !== '') onLine(rest);
  });
}
