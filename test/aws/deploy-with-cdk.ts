import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { cdk } from '../emulator/cdk.ts';

export interface Deployment {
  readonly outputs: Readonly<Record<string, string>>;
  /** The template as JSON. */
  readonly template: string;
}

export interface DeployOptions {
  /** The stack's name. */
  readonly name: string;
  /** The environment variables that select the account or the emulator. */
  readonly awsVariables: Readonly<Record<string, string>>;
  readonly settings: Readonly<Record<string, string>>;
  /** A folder for the cloud assembly and the outputs. */
  readonly folder: string;
  /** The command that runs the CDK app. @default - the one in cdk.json */
  readonly app?: string;
  /** Aborts the deploy, and leaves the stack as it is. The call rejects once the CLI has exited. */
  readonly signal?: AbortSignal;
}

/**
 * Deploys a stack with the CDK CLI, without deletion protection.
 *
 * @throws Error with the CLI's output
 */
export async function deployWithCdk(options: DeployOptions): Promise<Deployment> {
  const { name, awsVariables, settings, folder, app, signal } = options;
  const assemblyDir = path.join(folder, 'cdk.out');
  const outputsFile = path.join(folder, 'outputs.json');
  const words = [
    ...['deploy', '--require-approval', 'never', '--output', assemblyDir, '--outputs-file', outputsFile],
    ...(app === undefined ? [] : ['--app', app]),
  ];
  await cdk(awsVariables, words, { ...settings, STACK_NAME: name, DELETION_PROTECTION: 'false' }, signal);
  const deployed = JSON.parse(await readFile(outputsFile, 'utf8')) as Record<string, Record<string, string>>;
  const template = await readFile(path.join(assemblyDir, `${name}.template.json`), 'utf8');
  return { outputs: deployed[name] ?? {}, template };
}
