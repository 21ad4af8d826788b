import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { InvalidArgumentError } from 'commander';

/**
 * Returns the command in `cdk.json` that runs the CDK app, or undefined if `cdk.json` contains no command.
 *
 * @throws InvalidArgumentError if the file is not JSON
 */
export function appOfCdkJson(project: string): string | undefined {
  const file = path.join(project, 'cdk.json');
  if (!existsSync(file)) return undefined;
  try {
    const { app } = JSON.parse(readFileSync(file, 'utf8')) as { app?: unknown };
    return typeof app === 'string' ? app : undefined;
  } catch (error) {
    throw new InvalidArgumentError(`${file} is not JSON: ${(error as Error).message}`);
  }
}
