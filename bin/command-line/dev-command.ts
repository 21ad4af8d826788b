import { existsSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { RunAppErrandOptions } from '../local-service/app/run-app-errand.ts';
import { appOfCdkJson } from './app-of-cdk-json.ts';
import type { Terminal } from './session.ts';

interface DevCommandOptions {
  jobs?: string;
  app?: string | true;
  construct?: string;
  without: string[];
  parameter: Record<string, string>;
  host: string;
  verbose?: boolean;
  inspect?: number | true;
}

const DEFAULT_JOBS_FILE = 'jobs/index.ts';

/** Node's own port for a debugger. */
const DEFAULT_INSPECT_PORT = 9229;

/** `dev`. */
export function addDevCommand(program: Command, { environment, output }: Terminal): void {
  program
    .command('dev')
    .description('run your jobs file on this machine, and take in every save')
    .option('--jobs <file>', `the jobs file (default: ${DEFAULT_JOBS_FILE})`)
    .option(
      '--app [command]',
      'run the Errand of your CDK app, with its queues and settings (default command: the app of cdk.json)',
    )
    .option('--construct <path>', 'with --app: the Errand to run, if the app has several, such as Shop/Jobs')
    .addOption(
      new Option(
        '--without <path>',
        'with --app: run without this construct, although the Errand needs it; may be repeated',
      )
        .argParser((given: string, before: string[]) => [...before, given])
        .default([], 'none'),
    )
    .addOption(
      new Option(
        '--parameter <name=value>',
        'with --app: the value of a parameter of the stack; may be repeated',
      )
        .argParser(readParameter)
        .default({}, 'none'),
    )
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
    .action(async ({ host, verbose = false, inspect, ...what }: DevCommandOptions) => {
      const project = process.cwd();
      const options = {
        project,
        host,
        isVerbose: verbose,
        inspectPort: inspect === true ? DEFAULT_INSPECT_PORT : inspect,
        environment,
        print: output,
      };
      if (what.app !== undefined) {
        const { runAppErrand } = await import('../local-service/app/run-app-errand.ts');
        await runAppErrand({ ...options, app: appSelection(what, what.app, project) });
        return;
      }
      const misplaced = ['construct', 'without', 'parameter'].find(
        (name) => Object.keys(what[name as 'construct'] ?? {}).length > 0,
      );
      if (misplaced !== undefined)
        throw new InvalidArgumentError(`--${misplaced} is for --app only: give --app too`);
      const { jobs = DEFAULT_JOBS_FILE } = what;
      if (!existsSync(path.resolve(project, jobs))) {
        throw new InvalidArgumentError(
          `there is no jobs file ${jobs}: name yours with --jobs, or let \`npx errand init\` write one`,
        );
      }
      const { runJobsFile } = await import('../local-service/dev/run-jobs-file.ts');
      if (appOfCdkJson(project) !== undefined)
        output('cdk.json names a CDK app. To run its Errand, with its queues and settings: errand dev --app');
      await runJobsFile({ ...options, jobsFile: path.relative(project, path.resolve(project, jobs)) });
    });
}

/** What to run of the project's own CDK app. @throws InvalidArgumentError that names the option */
function appSelection(
  { jobs, construct, without, parameter }: Omit<DevCommandOptions, 'host'>,
  app: string | true,
  project: string,
): RunAppErrandOptions['app'] {
  if (jobs !== undefined)
    throw new InvalidArgumentError('--jobs and --app exclude each other: the app names its jobs file itself');
  const command = app === true ? appOfCdkJson(project) : app;
  if (command === undefined) {
    throw new InvalidArgumentError(
      `--app needs the command that runs your CDK app, such as --app 'node bin/app.ts': there is no "app" in a cdk.json in ${project}`,
    );
  }
  return { command, construct, without, parameters: parameter };
}

function readParameter(text: string, before: Record<string, string>): Record<string, string> {
  const [name = '', ...value] = text.split('=');
  if (name === '' || value.length === 0)
    throw new InvalidArgumentError('It must be a name and a value, such as Size=small.');
  return { ...before, [name]: value.join('=') };
}

function readPort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a port from 1 to 65535.');
}
