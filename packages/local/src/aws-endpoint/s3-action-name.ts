import type { IncomingMessage } from 'node:http';
import { targetOf } from './request-target.ts';

// Actions, keyed by method. Each kind of path has its own table. A query flag or a header may select another action.
const SERVICE_ACTIONS: Readonly<Record<string, string>> = { GET: 'ListBuckets' };
const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'ListObjectsV2',
  HEAD: 'HeadBucket',
  PUT: 'CreateBucket',
  DELETE: 'DeleteBucket',
  POST: 'PostObject',
};
const OBJECT_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
};
const MULTIPART_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'ListParts',
  PUT: 'UploadPart',
  POST: 'CompleteMultipartUpload',
  DELETE: 'AbortMultipartUpload',
};

const LIFECYCLE_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'GetBucketLifecycleConfiguration',
  PUT: 'PutBucketLifecycleConfiguration',
  DELETE: 'DeleteBucketLifecycle',
};

const CORS_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'GetBucketCors',
  PUT: 'PutBucketCors',
  DELETE: 'DeleteBucketCors',
};

/** Returns the name of a request's S3 action. For an unsupported request, the name consists of the method and the query flag. */
export function s3ActionName(request: IncomingMessage): string {
  const method = request.method ?? 'GET';
  const { path, query } = targetOf(request);
  const { bucket, key } = bucketAndKey(request.headers.host ?? '', path);

  const isCopy = 'x-amz-copy-source' in request.headers;
  if (query.has('uploadId')) return isCopy ? 'UploadPartCopy' : (MULTIPART_ACTIONS[method] ?? method);
  if (query.has('uploads')) return method === 'POST' ? 'CreateMultipartUpload' : 'ListMultipartUploads';
  if (query.has('delete')) return 'DeleteObjects';
  if (query.has('location')) return 'GetBucketLocation';
  if (query.has('lifecycle')) return LIFECYCLE_ACTIONS[method] ?? method;
  if (query.has('cors')) return CORS_ACTIONS[method] ?? method;
  if (isCopy) return 'CopyObject';
  const actions = key ? OBJECT_ACTIONS : bucket ? BUCKET_ACTIONS : SERVICE_ACTIONS;
  return actions[method] ?? `${method} object`;
}

/**
 * Returns whether a request names a bucket, and whether it names a key. A path-style URL has the path `/bucket/key`. A virtual-hosted-style
 * URL has the bucket in the host name, such as `bucket.localhost`.
 */
function bucketAndKey(host: string, path: string): { bucket: boolean; key: boolean } {
  if (/^[^:]+\.localhost(:|$)/.test(host)) return { bucket: true, key: path.length > 1 };
  const [, bucket = '', key = ''] = /^\/([^/]*)(?:\/(.*))?$/.exec(path) ?? [];
  return { bucket: bucket !== '', key: key !== '' };
}
