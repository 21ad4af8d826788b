import { readFile, rename, writeFile } from 'node:fs/promises';
import { DeployError } from './properties.ts';
import type { Resolved } from '../template/scope.ts';

/** CloudFormation's record of a custom resource. It is kept between deployments. */
export interface CustomResourceRecord {
  readonly physicalResourceId: string;
  readonly properties: Readonly<Record<string, Resolved>>;
}

/** The records of all custom resources, keyed by logical ID, in one file in the data folder. */
export interface CustomResourceRecords {
  get(logicalId: string): CustomResourceRecord | undefined;
  set(logicalId: string, record: CustomResourceRecord): Promise<void>;
}

/**
 * Opens the records. If the file is absent, there are no records yet.
 * @throws DeployError if the file is corrupt
 */
export async function openCustomResourceRecords(path: string): Promise<CustomResourceRecords> {
  const records = new Map(Object.entries(await read(path)));
  return {
    get: (logicalId) => records.get(logicalId),
    async set(logicalId, record) {
      records.set(logicalId, record);
      // A rename is atomic: after a crash, either the old or the new file exists.
      await writeFile(`${path}.new`, JSON.stringify(Object.fromEntries(records), undefined, 2));
      await rename(`${path}.new`, path);
    },
  };
}

async function read(path: string): Promise<Record<string, CustomResourceRecord>> {
  const content = await readFile(path, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return JSON.parse(content) as Record<string, CustomResourceRecord>;
  } catch (error) {
    throw new DeployError(`${path} is damaged; delete the data folder it is in to start afresh`, {
      cause: error,
    });
  }
}
