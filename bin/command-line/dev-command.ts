import { existsSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Terminal } from './session.ts';

interface DevCommandOptions {
  jobs: string;
  host: string;
  verbose?: boolean;
  inspect?: number | true;
}

/** Node's own port for a debugger. */
const DEFAULT_INSPECT_PORT = 9229;

/** `dev`. */
export function addDevCommand(program: Command, { environment, output }: Terminal): void {
  program
    .command('dev')
    .description('run your jobs file on this machine, and take in every save')
    .option('--jobs <file>', 'the jobs file', 'jobs/index.ts')
    .addOption(
      new Option('--host <address>', 'the address that the HTTP API listens on; 0.0.0.0 for all')
        .env('ERRAND_HOST')
        .default('127.0.0.1'),
    )
    .option('--verbose', 'show the access log of the API and everything that the functions log')
    .option(
      '--inspect [port]',
      `let a debugger attach to the jobs: of the queue default on this port, of each further one on the next (default: ${DEFAULT_INSPECT_PORT})`,
      readPort,
    )
    .action(async ({ jobs, host, verbose = false, inspect }: DevCommandOptions) => {
      const project = process.cwd();
      if (!existsSync(path.resolve(project, jobs))) {
        throw new InvalidArgumentError(
          `there is no jobs file ${jobs}: name yours with --jobs, or let \`npx errand init\` write one`,
        );
      }
      const { runJobsFile } = await import('../local-service/dev/run-jobs-file.ts');
      await runJobsFile({
        jobsFile: path.relative(project, path.resolve(project, jobs)),
        project,
        host,
        isVerbose: verbose,
        inspectPort: inspect === true ? DEFAULT_INSPECT_PORT : inspect,
        environment,
        print: output,
      });
    });
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port from 1 to 65535.');
}
