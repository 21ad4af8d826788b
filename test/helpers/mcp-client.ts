import path from 'node:path';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { commandEnvironment } from './command-environment.ts';

const MAIN = path.resolve(import.meta.dirname, '../../bin/command-line/main.ts');

/** Node's arguments for running `errand` from source. */
export const ERRAND = ['-C', 'errand-source', MAIN];

/** The two families of MCP revisions: 2024-10-07 to 2025-11-25, and 2026-07-28 onward. */
export type Era = 'legacy' | 'modern';

/** Creates a client with the official SDK, as an agent's host does. */
export function newClient(era: Era): Client {
  const mode = era === 'legacy' ? 'legacy' : { pin: '2026-07-28' };
  return new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode } });
}

/** Starts `errand mcp` and connects to it over stdio. Closing the client ends the process. */
export async function connectToStdio(url: string, words: string[], era: Era): Promise<Client> {
  const client = newClient(era);
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [...ERRAND, 'mcp', ...words],
      env: commandEnvironment({ ERRAND_URL: url }),
    }),
  );
  return client;
}

export async function connectToHttp(url: string, era: Era, token?: string): Promise<Client> {
  const client = newClient(era);
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

/** A tool's result. */
export interface ToolAnswer {
  readonly isError: boolean;
  readonly text: string;
  /** The result's text, parsed as JSON; undefined for an error. */
  readonly value: Record<string, unknown>;
}

export async function callTool(
  client: Client,
  name: string,
  input: Record<string, unknown> = {},
): Promise<ToolAnswer> {
  const { content, isError = false } = await client.callTool({ name, arguments: input });
  const [item] = content;
  if (content.length !== 1 || item?.type !== 'text')
    throw new Error('The result is not a single text block.');
  return {
    isError,
    text: item.text,
    value: isError ? {} : (JSON.parse(item.text) as Record<string, unknown>),
  };
}
