import {
  createBucket,
  deleteLifecycle,
  deleteObjects,
  headBucket,
  putLifecycle,
} from './bucket-operations.ts';
import { listObjects } from './list-objects.ts';
import { deleteObject, getObject, headObject } from './object-operations.ts';
import type { Call, Operation } from './operation.ts';
import { postObject } from './post-object.ts';
import { PRESIGNED_PARAMETERS } from './presigned.ts';
import { putObject } from './put-object.ts';
import { notImplemented, S3Error } from './s3-error.ts';

interface Route {
  readonly operation: Operation;
  /** The parameters of the query that it knows. */
  readonly parameters: readonly string[];
}

const LIST = [
  'list-type',
  'prefix',
  'delimiter',
  'max-keys',
  'continuation-token',
  'start-after',
  'encoding-type',
];

/** By method and, for what is about a part of a bucket, the flag in the query. */
const BUCKET_ROUTES: Readonly<Record<string, Route>> = {
  'PUT ': { operation: createBucket, parameters: [] },
  'HEAD ': { operation: headBucket, parameters: [] },
  'POST ': { operation: postObject, parameters: [] },
  'GET list-type': { operation: listObjects, parameters: [...LIST, 'fetch-owner'] },
  'POST delete': { operation: deleteObjects, parameters: ['delete'] },
  'PUT lifecycle': { operation: putLifecycle, parameters: ['lifecycle'] },
  'DELETE lifecycle': { operation: deleteLifecycle, parameters: ['lifecycle'] },
};

const OBJECT_ROUTES: Readonly<Record<string, Route>> = {
  'PUT ': { operation: putObject, parameters: [] },
  'GET ': { operation: getObject, parameters: PRESIGNED_PARAMETERS },
  'HEAD ': { operation: headObject, parameters: PRESIGNED_PARAMETERS },
  'DELETE ': { operation: deleteObject, parameters: [] },
};

const FLAGS = ['list-type', 'delete', 'lifecycle'];

/** How an SDK repeats what it asks for: it says nothing new. */
const IGNORED = 'x-id';

/**
 * Finds the operation that a request asks for.
 * @throws S3Error NotImplemented for one that S3 has and the embedded S3 has not
 */
export function operationOf({ request, address }: Pick<Call, 'request' | 'address'>): Operation {
  const { method = '' } = request;
  const { bucket, key, query } = address;
  const flag = FLAGS.find((name) => key === '' && query.has(name)) ?? '';
  const route = (key === '' ? BUCKET_ROUTES : OBJECT_ROUTES)[`${method} ${flag}`];
  const asked = [...query.keys()].filter((name) => name !== IGNORED);
  const unknown = asked.find((name) => !route?.parameters.includes(name));
  if (bucket === '') throw notImplemented('operations on the account, such as ListBuckets');
  if (unknown !== undefined) throw notImplemented(`${method} with the query parameter "${unknown}"`);
  if (!route) {
    throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: method,
      ResourceType: key === '' ? 'BUCKET' : 'OBJECT',
    });
  }
  return route.operation;
}
