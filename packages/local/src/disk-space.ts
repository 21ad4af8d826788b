import { statfsSync } from 'node:fs';
import { answerErrorOf } from './aws-endpoint/answer-error.ts';
import type { InterceptedCall, Interceptor } from './aws-endpoint/aws-endpoint.ts';
import { serviceError } from './faults/service-error.ts';

/**
 * With fewer free bytes than this on the data folder's disk, new data is refused. The remaining space is for data that was
 * already accepted: PostgreSQL ends with a panic if it can't write its log.
 */
const RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * The calls that bring in new data: a submission writes its key before it reaches PostgreSQL. Everything that an accepted job
 * needs, a message or a mark, still passes.
 */
const TAKING_IN: Readonly<Record<string, ReadonlySet<string>>> = {
  dynamodb: new Set(['PutItem', 'BatchWriteItem', 'BatchExecuteStatement']),
  s3: new Set(['PutObject', 'PostObject']),
};

/** The bytes that a user can still write to a folder's disk. */
export function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/** Intercepts calls to the services: while the disk is full, calls that bring in new data fail, and the log says why. */
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
