import { appDir } from '#live-jobs';
import { printFirstKey } from '../first-key.ts';
import { toldToStop } from '../told-to-stop.ts';
import { runDev, type DevOptions } from './dev.ts';
import { createJobsFileSource } from './jobs-file-source.ts';

export interface RunJobsFileOptions extends Omit<DevOptions, 'source' | 'printFirstKey' | 'signal'> {
  /** The jobs file, relative to the project's folder. */
  readonly jobsFile: string;
}

/** Implements `errand dev --jobs`: runs Errand's own CDK app with a jobs file until this process is told to stop. */
export async function runJobsFile({ jobsFile, ...options }: RunJobsFileOptions): Promise<void> {
  const { project, environment, print } = options;
  // Only this user can read the files that this process and its children write.
  process.umask(0o077);
  await runDev({
    ...options,
    source: createJobsFileSource({ jobsFile, project, appDir, environment }),
    printFirstKey: (awsEndpointUrl, tableName) => printFirstKey(awsEndpointUrl, tableName, print),
    signal: toldToStop(),
  });
}
