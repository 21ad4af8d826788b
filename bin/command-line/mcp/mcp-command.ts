import { once } from 'node:events';
import process from 'node:process';
import { InvalidArgumentError, type Command } from 'commander';
import { collect } from '../job-filter-options.ts';
import { openSession, type CommonOptions, type Terminal } from '../session.ts';

interface McpOptions extends CommonOptions {
  allowWrites?: boolean;
  http?: boolean;
  host: string;
  port: number;
  allowHost: string[];
}

const DEFAULT_PORT = 3001;

/**
 * Adds `mcp`, which serves the API as Model Context Protocol tools. Loads the MCP SDK only when the command runs, because no other command
 * needs it.
 */
export function addMcpCommand(program: Command, terminal: Terminal, version: string): void {
  program
    .command('mcp')
    .description('serve the API to AI agents over the Model Context Protocol, on stdio or with --http')
    .option('--allow-writes', 'let agents submit, cancel and retry jobs (default: read-only)')
    .option('--http', 'serve streamable HTTP at /mcp instead of stdio')
    .option('--host <address>', 'with --http: the address to listen on', '127.0.0.1')
    .option(
      '--port <port>',
      'with --http: the port to listen on; 0 for any free port',
      readPort,
      DEFAULT_PORT,
    )
    .option(
      '--allow-host <name>',
      'with --http: a host name, other than localhost, that clients use for the server; may be repeated',
      collect,
      [],
    )
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<McpOptions>();
      const { allowWrites = false, http = false } = options;
      if (!http) requireHttp(command);
      const { errand, url } = openSession(command, terminal);
      const { createServer } = await import('./server.ts');
      const factory = () => createServer({ errand, url, version, allowWrites });
      if (!http) {
        const { serveOnStdio } = await import('./stdio.ts');
        await serveOnStdio(factory, report);
        return;
      }
      const { serveOnHttp } = await import('./http.ts');
      const { host, port, allowHost } = options;
      const token = terminal.environment.ERRAND_MCP_TOKEN;
      const server = await serveOnHttp(factory, { host, port, token, allowedHosts: allowHost, report });
      report(`MCP server at ${server.url} for ${url} (${allowWrites ? 'with writes' : 'read-only'})`);
      await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
      await server.close();
    });

  function report(line: string): void {
    terminal.messages.write(`${line}\n`);
  }
}

/** @throws InvalidArgumentError if an option needs `--http` */
function requireHttp(command: Command): void {
  for (const name of ['host', 'port', 'allowHost']) {
    if (command.getOptionValueSource(name) === 'cli') {
      const option = name.replace('allowHost', 'allow-host');
      throw new InvalidArgumentError(`--${option} requires --http`);
    }
  }
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port from 0 to 65535.');
}
