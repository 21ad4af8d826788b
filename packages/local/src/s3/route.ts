import {
  createBucket,
  deleteBucket,
  deleteLifecycle,
  deleteObjects,
  getLocation,
  headBucket,
  listBuckets,
  putLifecycle,
} from './bucket-operations.ts';
import { completeUpload } from './complete-upload.ts';
import { deleteCors, getCors, putCors } from './cors.ts';
import { copyObject } from './copy-object.ts';
import { listObjects } from './list-objects.ts';
import { abortUpload, createUpload, listParts, uploadPart } from './multipart-operations.ts';
import { deleteObject, getObject, headObject } from './object-operations.ts';
import type { Call, Operation } from './operation.ts';
import { postObject } from './post-object.ts';
import { PRESIGNED_PARAMETERS } from './presigned.ts';
import { putObject } from './put-object.ts';
import {
  BODY_HEADERS,
  checkHeaders,
  DESCRIPTION_HEADERS,
  READ_CONDITIONS,
  WRITE_CONDITIONS,
} from './request-headers.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import { uploadPartCopy } from './upload-part-copy.ts';

interface Route {
  readonly operation: Operation;
  /** The supported query parameters. */
  readonly parameters: readonly string[];
  /** The supported headers, in addition to those that every operation accepts. */
  readonly headers: readonly string[];
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

/** Bucket routes. Each key consists of the method and, for a bucket's subresources, the flag in the query string. */
const BUCKET_ROUTES: Readonly<Record<string, Route>> = {
  'PUT ': { operation: createBucket, parameters: [], headers: BODY_HEADERS },
  'HEAD ': { operation: headBucket, parameters: [], headers: [] },
  'POST ': { operation: postObject, parameters: [], headers: [] },
  'DELETE ': { operation: deleteBucket, parameters: [], headers: [] },
  'GET list-type': { operation: listObjects, parameters: [...LIST, 'fetch-owner'], headers: [] },
  'GET location': { operation: getLocation, parameters: ['location'], headers: [] },
  'POST delete': { operation: deleteObjects, parameters: ['delete'], headers: BODY_HEADERS },
  'PUT lifecycle': { operation: putLifecycle, parameters: ['lifecycle'], headers: BODY_HEADERS },
  'DELETE lifecycle': { operation: deleteLifecycle, parameters: ['lifecycle'], headers: [] },
  'PUT cors': { operation: putCors, parameters: ['cors'], headers: BODY_HEADERS },
  'GET cors': { operation: getCors, parameters: ['cors'], headers: [] },
  'DELETE cors': { operation: deleteCors, parameters: ['cors'], headers: [] },
};

const READ = {
  parameters: PRESIGNED_PARAMETERS,
  headers: ['x-amz-checksum-mode', 'if-range', ...READ_CONDITIONS],
};

const NEW_OBJECT = [...BODY_HEADERS, ...DESCRIPTION_HEADERS, ...WRITE_CONDITIONS];

const COPY_SOURCE = [
  'x-amz-copy-source',
  ...READ_CONDITIONS.map((name) => `x-amz-copy-source-${name}`),
  'x-amz-source-expected-bucket-owner',
];

/** Object routes. Each key consists of the method, the query string's flag, if any, and `copy` for a PUT with a copy source. */
const OBJECT_ROUTES: Readonly<Record<string, Route>> = {
  'PUT ': { operation: putObject, parameters: [], headers: NEW_OBJECT },
  'PUT copy': {
    operation: copyObject,
    parameters: [],
    headers: [
      ...COPY_SOURCE,
      'x-amz-metadata-directive',
      // The embedded S3 ignores this directive, because its objects have no tags.
      'x-amz-tagging-directive',
      'x-amz-checksum-algorithm',
      ...DESCRIPTION_HEADERS,
      ...WRITE_CONDITIONS,
    ],
  },
  'GET ': { operation: getObject, ...READ },
  'HEAD ': { operation: headObject, ...READ },
  'DELETE ': { operation: deleteObject, parameters: [], headers: ['if-match'] },
  'POST uploads': {
    operation: createUpload,
    parameters: ['uploads'],
    headers: ['x-amz-checksum-algorithm', 'x-amz-checksum-type', ...DESCRIPTION_HEADERS],
  },
  'PUT uploadId': { operation: uploadPart, parameters: ['uploadId', 'partNumber'], headers: BODY_HEADERS },
  'PUT uploadId copy': {
    operation: uploadPartCopy,
    parameters: ['uploadId', 'partNumber'],
    headers: [...COPY_SOURCE, 'x-amz-copy-source-range'],
  },
  'GET uploadId': {
    operation: listParts,
    parameters: ['uploadId', 'max-parts', 'part-number-marker'],
    headers: [],
  },
  'DELETE uploadId': { operation: abortUpload, parameters: ['uploadId'], headers: [] },
  'POST uploadId': {
    operation: completeUpload,
    parameters: ['uploadId'],
    headers: ['x-amz-checksum-type', 'x-amz-mp-object-size', ...WRITE_CONDITIONS],
  },
};

const LIST_BUCKETS: Route = { operation: listBuckets, parameters: ['prefix'], headers: [] };

const BUCKET_FLAGS = ['list-type', 'location', 'delete', 'lifecycle', 'cors'];
const OBJECT_FLAGS = ['uploads', 'uploadId'];

/** The query parameter in which SDKs repeat the operation's name. It adds no information. */
const IGNORED = 'x-id';

/**
 * Finds a request's operation.
 * @throws S3Error NotImplemented for operations, parameters or headers that the embedded S3 does not support
 */
export function operationOf({ request, address }: Pick<Call, 'request' | 'address'>): Operation {
  const { method = '' } = request;
  const { bucket, key, query } = address;
  const route = routeOf({ request, address });
  const asked = [...query.keys()].filter((name) => name !== IGNORED);
  const unknown = asked.find((name) => !route?.parameters.includes(name));
  if (bucket === '' && !route) throw notImplemented('operations on the account other than ListBuckets');
  if (unknown !== undefined) throw notImplemented(`${method} with the query parameter "${unknown}"`);
  if (!route) {
    throw new S3Error(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.', {
      Method: method,
      ResourceType: key === '' ? 'BUCKET' : 'OBJECT',
    });
  }
  checkHeaders(Object.keys(request.headers), route.headers);
  return route.operation;
}

function routeOf({ request, address }: Pick<Call, 'request' | 'address'>): Route | undefined {
  const { method = '', headers } = request;
  const { bucket, key, query } = address;
  if (bucket === '') return method === 'GET' ? LIST_BUCKETS : undefined;
  const flag = (key === '' ? BUCKET_FLAGS : OBJECT_FLAGS).find((name) => query.has(name));
  if (key === '') return BUCKET_ROUTES[`${method} ${flag ?? ''}`];
  const copy = method === 'PUT' && 'x-amz-copy-source' in headers ? ['copy'] : [];
  return OBJECT_ROUTES[`${method} ${[flag ?? [], copy].flat().join(' ')}`];
}
