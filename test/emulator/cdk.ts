import path from 'node:path';
import { PROJECT, synthEnvironment } from '../helpers/stack.ts';
import { run } from '../helpers/commands.ts';

const CDK = path.join(PROJECT, 'node_modules/.bin/cdk');

/** Placeholder credentials, which emulators ignore. */
export const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' };
export const REGION = 'us-east-1';

/**
 * Turns off the alarms. MiniStack refuses a stack that has alarms with metric math: "Properties.Metrics (metric math) is not supported".
 */
export const WITHOUT_ALARMS = { ALARMS: 'false' } as const;

/** Returns the environment variables that make the CDK CLI and the SDK's clients use an emulator. */
export function emulatorVariables(awsEndpointUrl: string): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: awsEndpointUrl,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_REGION: REGION,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/**
 * Runs the project's CDK CLI.
 *
 * @param awsVariables the environment variables that select the account or the emulator
 * @throws Error with the CLI's output, if it fails
 */
export async function cdk(
  awsVariables: Readonly<Record<string, string>>,
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
  signal?: AbortSignal,
): Promise<void> {
  const environment = { ...synthEnvironment(settings), ...awsVariables, CDK_DISABLE_CLI_TELEMETRY: 'true' };
  await run(CDK, [...words, '--ci'], environment, signal);
}
