import { statfsSync } from 'node:fs';
import { answerErrorOf } from './aws-endpoint/answer-error.ts';
import type { InterceptedCall, Interceptor } from './aws-endpoint/aws-endpoint.ts';
import { serviceError } from './faults/service-error.ts';

/**
 * The number of bytes to keep free on the data folder's disk. If fewer bytes are free, new data is refused. Accepted jobs need this
 * reserve, because PostgreSQL panics if it can't write its WAL.
 */
const RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * Calls that store new data. Writes of dedup keys are included, because a submission writes its dedup key before it reaches PostgreSQL.
 * All other writes belong to accepted jobs, and are therefore still allowed.
 */
const TAKING_IN: Readonly<Record<string, ReadonlySet<string>>> = {
  dynamodb: new Set(['PutItem', 'BatchWriteItem', 'BatchExecuteStatement']),
  s3: new Set(['PutObject', 'PostObject']),
};

/** Returns the number of bytes that unprivileged users can still write to a folder's disk. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Intercepts calls to the services. While the disk is full, calls that store new data fail, and the log explains why. */
export function guardDisk(
  dataDir: string,
  freeBytes: () => number,
  log: (line: string) => void,
): Interceptor {
  let wasFull = false;
  return ({ service, action, request, response }: InterceptedCall, proceed) => {
    if (TAKING_IN[service]?.has(action) !== true) {
      proceed();
      return;
    }
    const isFull = freeBytes() < RESERVE_BYTES;
    const megabytes = RESERVE_BYTES / 1024 / 1024;
    if (isFull && !wasFull)
      log(`The disk of ${dataDir} is full: free ${megabytes} MB. Nothing new is taken in.`);
    if (!isFull && wasFull) log(`The disk of ${dataDir} has space again.`);
    wasFull = isFull;
    if (!isFull) {
      proceed();
      return;
    }
    const error = {
      ...serviceError(service, {}),
      message: `The disk of the data folder is full: free ${megabytes} MB.`,
    };
    answerErrorOf(service, response, error);
    request.resume();
  };
}
