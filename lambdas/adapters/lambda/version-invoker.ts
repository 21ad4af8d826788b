import { InvokeCommand, type InvokeCommandOutput, type LambdaClient } from '@aws-sdk/client-lambda';
import { FinalError, ThrottledError } from '../../job/errors.ts';
import type { ServiceLog } from '../../job/log.ts';
import type { PinnedSettlements, RunOnVersion } from '../../job/versions.ts';
import { NOT_RUN } from './client.ts';

/**
 * Creates a function that invokes other versions of the running worker. If the version has been deleted, the jobs have
 * not run. If the invocation fails, the jobs may have run.
 *
 * @param functionName the worker's own function
 */
export function createVersionInvoker(
  client: Pick<LambdaClient, 'send'>,
  functionName: string | undefined,
  log: ServiceLog,
): RunOnVersion {
  return async (version, batch, abortSignal) => {
    const command = new InvokeCommand({
      FunctionName: functionName,
      Qualifier: version,
      Payload: JSON.stringify({ pinned: batch }),
    });
    let output: InvokeCommandOutput;
    try {
      output = await client.send(command, { abortSignal });
    } catch (error) {
      const refusal = refusalBy(error, version);
      if (refusal) throw refusal;
      log.error('version_answer_lost', "A version's response was lost; its jobs may be running.", {
        version,
        error,
      });
      return undefined;
    }
    const { FunctionError: isError, Payload: payload } = output;
    const answer = payload?.transformToString() ?? '';
    if (isError === undefined) return JSON.parse(answer) as PinnedSettlements;
    log.error('version_failed', "A worker version failed; its jobs' leases will expire.", {
      version,
      error: answer,
    });
    return undefined;
  };
}

/**
 * Returns an error if the call certainly did not run the version; undefined if the version may have run. The error contains
 * no names from the account, because tenants can read it.
 */
function refusalBy(error: unknown, version: string): Error | undefined {
  const { name, $fault: fault, Reason: reason } = error as { name: string; $fault?: string; Reason?: string };
  // Without a `$fault`, the error is not from Lambda: the connection broke, or the wait was aborted.
  if (fault === undefined) return undefined;
  if (NOT_RUN.has(name))
    return new ThrottledError(`Version ${version} of the worker has no capacity now: ${reason ?? name}.`);
  if (name === 'ResourceNotFoundException')
    return new FinalError(
      `The job is pinned to version ${version} of the worker, which is no longer kept. Retry the job to continue it on the current ` +
        'version, and raise keepVersions (KEEP_VERSIONS) if jobs outlive more deployments.',
    );
  if (name === 'AccessDeniedException')
    return new Error(
      `The job is pinned to version ${version} of the worker, which the current version may not invoke, because its queue no longer has a job type with ` +
        "versioning: 'pinned'. Deploy one, or retry the job once it has failed.",
    );
  return new Error(`Version ${version} of the worker could not be invoked: ${name}.`);
}
