import { runDev, type DevOptions } from '../dev/dev.ts';
import { printFirstKey } from '../first-key.ts';
import { readStartSettings } from '../start-settings.ts';
import { toldToStop } from '../told-to-stop.ts';
import { createAppSource, type AppSelection } from './app-source.ts';

export interface RunAppErrandOptions extends Omit<DevOptions, 'source' | 'printFirstKey' | 'signal'> {
  readonly app: AppSelection;
}

/** Implements `errand dev --app`: runs the `Errand` in the user's own CDK app until this process is told to stop. */
export async function runAppErrand({ app, ...options }: RunAppErrandOptions): Promise<void> {
  const { project, environment, print } = options;
  // Only this user can read the files that this process and its children write.
  process.umask(0o077);
  const { dataDir } = readStartSettings(environment, project);
  await runDev({
    ...options,
    source: createAppSource({ ...app, project, dataDir, environment }),
    printFirstKey: (awsEndpointUrl, tableName) => printFirstKey(awsEndpointUrl, tableName, print),
    signal: toldToStop(),
  });
}
