import { once } from 'node:events';
import process from 'node:process';
import type { McpServerFactory } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';

/**
 * Serves one client on stdin and stdout until the client closes stdin
 * (https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/stdio). No other code may write to stdout.
 *
 * @param report prints a line for people to read
 */
export async function serveOnStdio(factory: McpServerFactory, report: (line: string) => void): Promise<void> {
  const closed = once(process.stdin, 'close');
  const server = serveStdio(factory, {
    onerror: (error) => {
      report(`error: ${error.message}`);
    },
  });
  await closed;
  await server.close();
}
