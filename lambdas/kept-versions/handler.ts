import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { provideCustomResource } from '../adapters/custom-resource.ts';
import { createFunctionVersions } from '../adapters/lambda/function-versions.ts';
import { createLog } from '../adapters/system.ts';
import { pruneVersions, type KeptVersionsOfWorker } from './prune-versions.ts';

const log = createLog();
const versions = createFunctionVersions();

/**
 * The custom resource that limits the number of a worker's versions by deleting the oldest ones. If a version can't be
 * deleted, the deployment continues, because an extra version does no harm, and the next deployment deletes it.
 */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  await provideCustomResource(event, context, {
    async apply(request) {
      const worker = workerOf(request);
      const id = `${worker.functionName}-versions`;
      if (request.RequestType === 'Delete') return { id };
      const fields = { function: worker.functionName, current: worker.version };
      try {
        const deleted = await pruneVersions(worker, versions);
        log.info('versions_pruned', 'Versions that are no longer kept were deleted.', { ...fields, deleted });
      } catch (error) {
        log.warn(
          'versions_not_pruned',
          'Old versions could not be deleted; the next deployment will try again.',
          {
            ...fields,
            error,
          },
        );
      }
      return { id };
    },
    failure: 'The versions could not be pruned',
    log,
  });
}

/** Reads the properties. CloudFormation passes numbers as strings. */
function workerOf({
  ResourceProperties: properties,
}: CloudFormationCustomResourceEvent): KeptVersionsOfWorker {
  const { functionName, version, keep } = properties as unknown as Readonly<Record<string, string>>;
  return { functionName: functionName ?? '', version: Number(version), keep: Number(keep) };
}
