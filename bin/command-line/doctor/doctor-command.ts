import type { Command } from 'commander';
import { EXIT, isDefaultUrl, openSession, type CommonOptions, type Terminal } from '../session.ts';
import { printable } from '../show.ts';
import { appOfCdkJson } from '../app-of-cdk-json.ts';
import type { CheckResult } from './check.ts';
import { checkPauses } from './pauses-check.ts';

interface DoctorOptions extends CommonOptions {
  profile?: string;
  region?: string;
  app?: string;
}

/**
 * Adds `doctor`, which checks the account before a deploy and lists a deployed service's pauses. Loads the AWS SDK only when the
 * command runs, because few commands need it.
 */
export function addDoctorCommand(program: Command, terminal: Terminal): void {
  const { environment, output, setExitCode } = terminal;
  program
    .command('doctor')
    .description('check that your AWS account is ready for a deploy of your CDK app')
    .option('--profile <name>', 'a profile in your AWS configuration (default: AWS_PROFILE)')
    .option('--region <region>', "the region to deploy to (default: AWS_REGION, or the profile's region)")
    .option('--app <command>', 'the command that runs your CDK app (default: "app" in cdk.json)')
    .action(async (_options: unknown, command: Command) => {
      const { profile, region, app, json } = command.optsWithGlobals<DoctorOptions>();
      const project = process.cwd();
      const { examine } = await import('./examine.ts');
      const ofAccount = await examine({
        profile,
        region,
        environment,
        project,
        app: app ?? appOfCdkJson(project),
        nodeVersion: process.versions.node,
      });
      const ofService = isDefaultUrl(command, terminal)
        ? []
        : [await checkPauses(openSession(command, terminal).errand)];
      const checks = [...ofAccount, ...ofService];
      output(json ? JSON.stringify({ checks }, null, 2) : textOf(checks));
      setExitCode(checks.some(({ status }) => status === 'error') ? EXIT.failed : EXIT.success);
    });
}

function textOf(checks: readonly CheckResult[]): string {
  const width = Math.max(...checks.map(({ name }) => name.length));
  return checks
    .map(({ name, status, message }) => `${status.padEnd(7)}  ${name.padEnd(width)}  ${printable(message)}`)
    .join('\n');
}
