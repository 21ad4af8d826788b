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

/** Node's default port for debuggers. */
const DEFAULT_INSPECT_PORT = 9229;

/** Adds `dev`. */
export function addDevCommand(program: Command, { environment, output }: Terminal): void {
  program
    .command('dev')
    .description('run your jobs on this machine, and reload them on every save')
    .option('--jobs <file>', `the jobs file (default: ${DEFAULT_JOBS_FILE})`)
    .option(
      '--app [command]',
      'run the Errand construct of your CDK app, with its queues and settings (default command: "app" in cdk.json)',
    )
    .option(
      '--construct <path>',
      'with --app: the path of the Errand construct to run, such as Shop/Jobs, if the app has several',
    )
    .addOption(
      new Option(
        '--without <path>',
        'with --app: run without this construct, even if your jobs need it; may be repeated',
      )
        .argParser((given: string, before: string[]) => [...before, given])
        .default([], 'none'),
    )
    .addOption(
      new Option('--parameter <name=value>', 'with --app: the value of a stack parameter; may be repeated')
        .argParser(readParameter)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--host <address>', 'the address that the HTTP API listens on; 0.0.0.0 for all interfaces')
        .env('ERRAND_HOST')
        .default('127.0.0.1'),
    )
    .option('--verbose', "show the API's access log and everything that the functions log")
    .option(
      '--inspect [port]',
      `let a debugger attach: the default queue's worker listens on this port, the others on the ports after it (default: ${DEFAULT_INSPECT_PORT})`,
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
      if (misplaced !== undefined) throw new InvalidArgumentError(`--${misplaced} requires --app`);
      const { jobs = DEFAULT_JOBS_FILE } = what;
      if (!existsSync(path.resolve(project, jobs))) {
        throw new InvalidArgumentError(
          `the jobs file ${jobs} does not exist: name yours with --jobs, or create one with \`npx errand init\``,
        );
      }
      const { runJobsFile } = await import('../local-service/dev/run-jobs-file.ts');
      if (appOfCdkJson(project) !== undefined)
        output('cdk.json names a CDK app. To run its Errand, with its queues and settings: errand dev --app');
      await runJobsFile({ ...options, jobsFile: path.relative(project, path.resolve(project, jobs)) });
    });
}

/** Determines which part of the project's CDK app to run. @throws InvalidArgumentError that names the option */
function appSelection(
  { jobs, construct, without, parameter }: Omit<DevCommandOptions, 'host'>,
  app: string | true,
  project: string,
): RunAppErrandOptions['app'] {
  if (jobs !== undefined)
    throw new InvalidArgumentError('specify either --jobs or --app: the app names its own jobs file');
  const command = app === true ? appOfCdkJson(project) : app;
  if (command === undefined) {
    throw new InvalidArgumentError(
      `--app needs the command that runs your CDK app, such as --app 'node bin/app.ts': ${project} has no cdk.json with an "app"`,
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
