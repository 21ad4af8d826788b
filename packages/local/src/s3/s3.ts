import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { credentialScope } from '../aws-endpoint/credential-scope.ts';
import type { DataStore } from '../data-folder/store-register.ts';
import type { AwsService } from '../service.ts';
import { addressOf } from './address.ts';
import { answerError } from './answer.ts';
import { createBucket, listBuckets } from './bucket-operations.ts';
import { answerPreflight, headersForPage } from './cors.ts';
import { openDatabase } from './database.ts';
import { expireObjects } from './lifecycle.ts';
import { openObjectStore } from './object-store.ts';
import type { Context, S3Denial } from './operation.ts';
import { postObject } from './post-object.ts';
import { checkPresignedUrl } from './presigned.ts';
import { operationOf } from './route.ts';
import { checkExpectedOwner } from './request-headers.ts';
import { noSuchBucket, S3Error } from './s3-error.ts';

export interface S3Options {
  /** The data folder. Objects are kept in its `s3` subfolder. */
  readonly dataDir: string;
  /** The secret access key that all callers sign their upload forms with. */
  readonly secretAccessKey: string;
  /** The buckets' region. Defaults to us-east-1. */
  readonly region?: string;
  /**
   * Checks permissions for upload forms and for missing objects, because only S3 itself can check these.
   *
   * @default - everything is allowed
   */
  readonly denial?: S3Denial;
  /** Returns the current time, in milliseconds since the epoch. */
  readonly now?: () => number;
}

export interface S3 extends AwsService, DataStore {
  /** Removes expired objects now instead of at the next check. Resolves with the number of removed objects. */
  expireObjects(): Promise<number>;
}

/** The interval between searches for expired objects, in milliseconds. AWS searches once a day. */
const EXPIRY_CHECK_MS = 10 * 60_000;

/** How long a sender may continue to send a refused body before the connection is closed, in milliseconds. */
const REFUSED_BODY_MS = 10_000;

/**
 * Starts S3. Objects are files on disk, described in SQLite (see docs/decisions/0005). Bodies are always streamed. Signatures are verified only
 * for upload forms and presigned URLs, which an app may hand out to anyone.
 * @throws if the data folder is in use or unreadable; the message names the folder and the remedy
 */
export function startS3({
  dataDir,
  secretAccessKey,
  region = 'us-east-1',
  denial = () => undefined,
  now = Date.now,
}: S3Options): S3 {
  const directory = join(dataDir, 's3');
  const store = openObjectStore(directory, openDatabase(directory), now);
  const context: Context = { store, region, now, secretAccessKey, denial };
  const underWay = new Map<ServerResponse, Promise<void>>();

  const expiry = setInterval(() => void expireObjects(store, now()), EXPIRY_CHECK_MS).unref();

  return {
    name: 's3',
    handle(request, response) {
      const answering = answer(request, response, context).finally(() => underWay.delete(response));
      underWay.set(response, answering);
    },
    allowsPage: (request) => headersForPage(request, addressOf(request).bucket, store) !== undefined,
    folder: 's3',
    isEmpty: () => store.buckets().length === 0,
    expireObjects: () => expireObjects(store, now()),
    async end() {
      clearInterval(expiry);
      for (const response of underWay.keys()) response.destroy();
      await Promise.all(underWay.values());
      store.close();
    },
  };
}

/** Handles a request. Never rejects: a failure becomes an error response. A failure in the middle of a response closes the connection. */
async function answer(request: IncomingMessage, response: ServerResponse, context: Context): Promise<void> {
  try {
    const address = addressOf(request);
    if (request.method === 'OPTIONS') {
      answerPreflight({ request, response, address }, context);
      return;
    }
    const operation = operationOf({ request, address });
    // Error responses also get the CORS headers, so that a page can read the reason for a refusal.
    const forPage = headersForPage(request, address.bucket, context.store);
    for (const [name, value] of Object.entries(forPage ?? {})) response.setHeader(name, value);
    // An upload form contains its own signature.
    if (operation !== postObject && !credentialScope(request)) {
      throw new S3Error(403, 'AccessDenied', 'Access Denied');
    }
    checkPresignedUrl(request, { secretAccessKey: context.secretAccessKey, now: context.now() });
    const isAboutBucket = operation !== createBucket && operation !== listBuckets;
    if (isAboutBucket && !context.store.hasBucket(address.bucket)) throw noSuchBucket(address.bucket);
    checkExpectedOwner(request.headers);
    await operation({ request, response, address }, context);
  } catch (error) {
    if (response.headersSent || (request.destroyed && !request.complete)) {
      response.destroy();
      return;
    }
    answerError(response, request.url ?? '/', error);
    cutOffIn(REFUSED_BODY_MS, request);
  }
}

/**
 * Closes a refused sender's connection after `milliseconds`. Until then, further data is read and discarded, so that the sender gets the
 * response.
 */
function cutOffIn(milliseconds: number, request: IncomingMessage): void {
  if (request.complete) return;
  const timer = setTimeout(() => request.destroy(), milliseconds).unref();
  request.once('close', () => {
    clearTimeout(timer);
  });
}
