import { answerEmpty, answerXml } from './answer.ts';
import { readDocument } from './document.ts';
import { readLifecycleRules } from './lifecycle-rules.ts';
import type { Call, Context } from './operation.ts';
import { ACCOUNT } from './request-headers.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import { childrenOf, readXml, textOf } from './xml.ts';

/** A region name, such as eu-central-1, or `EU`, S3's old name for Ireland. */
const REGION_NAME = /^([a-z]{2}(-[a-z]+)+-\d|EU)$/;

const BUCKET_NAME = /^(?!.*\.\.)(?!\d+\.\d+\.\d+\.\d+$)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/** The region where CreateBucket accepts no location constraint, and succeeds if the caller already owns the bucket. */
const FIRST_REGION = 'us-east-1';

/** Implements CreateBucket. The bucket is private, and is reported as encrypted. */
export async function createBucket(
  { request, response, address }: Call,
  { store, region }: Context,
): Promise<void> {
  const { bucket } = address;
  if (!BUCKET_NAME.test(bucket)) {
    throw new S3Error(400, 'InvalidBucketName', 'The specified bucket is not valid.', { BucketName: bucket });
  }
  checkLocation(locationIn(await readDocument(request)), region);
  if (!store.createBucket(bucket) && region !== FIRST_REGION) {
    throw new S3Error(
      409,
      'BucketAlreadyOwnedByYou',
      'Your previous request to create the named bucket succeeded and you already own it.',
      { BucketName: bucket },
    );
  }
  answerEmpty(response, 200, { location: `/${bucket}`, 'x-amz-bucket-arn': `arn:aws:s3:::${bucket}` });
}

function locationIn(document: string): string | undefined {
  if (document === '') return undefined;
  const configuration = readXml(document);
  const unknown = configuration.children.find(({ name }) => name !== 'LocationConstraint');
  if (unknown) throw notImplemented(`${unknown.name} of CreateBucket`);
  return textOf(configuration, 'LocationConstraint');
}

/** Refuses all regions except the embedded cloud's, as a regional S3 endpoint does. */
function checkLocation(location: string | undefined, region: string): void {
  if (region === FIRST_REGION) {
    if (location === undefined) return;
    if (location !== FIRST_REGION && REGION_NAME.test(location)) {
      throw notImplemented(`buckets outside ${FIRST_REGION}, its own region, such as in ${location}`);
    }
    throw new S3Error(400, 'InvalidLocationConstraint', 'The specified location-constraint is not valid', {
      LocationConstraint: location,
    });
  }
  if (location === region) return;
  throw new S3Error(
    400,
    'IllegalLocationConstraintException',
    `The ${location ?? 'unspecified'} location constraint is incompatible for the region specific endpoint this request was sent to.`,
  );
}

/** Implements DeleteBucket. Also deletes the bucket's unfinished multipart uploads. */
export async function deleteBucket({ response, address }: Call, { store }: Context): Promise<void> {
  if (!(await store.removeBucket(address.bucket))) {
    throw new S3Error(409, 'BucketNotEmpty', 'The bucket you tried to delete is not empty', {
      BucketName: address.bucket,
    });
  }
  answerEmpty(response, 204);
}

/** ListBuckets */
export function listBuckets({ response, address }: Call, { store }: Context): void {
  const prefix = address.query.get('prefix') ?? '';
  const buckets = store.buckets().filter(({ name }) => name.startsWith(prefix));
  answerXml(response, 200, 'ListAllMyBucketsResult', {
    Owner: { ID: ACCOUNT },
    Buckets: {
      Bucket: buckets.map(({ name, createdAt }) => ({
        Name: name,
        CreationDate: new Date(createdAt).toISOString(),
      })),
    },
    ...(prefix !== '' && { Prefix: prefix }),
  });
}

/** Implements GetBucketLocation. For us-east-1, the location in the response is empty. */
export function getLocation({ response }: Call, { region }: Context): void {
  answerXml(response, 200, 'LocationConstraint', region === FIRST_REGION ? '' : region);
}

export function headBucket({ response }: Call): void {
  answerEmpty(response, 200);
}

/** Implements PutBucketLifecycleConfiguration, which replaces the bucket's previous rules. */
export async function putLifecycle({ request, response, address }: Call, { store }: Context): Promise<void> {
  store.setLifecycle(address.bucket, readLifecycleRules(await readDocument(request)));
  answerEmpty(response, 200);
}

/** DeleteBucketLifecycle */
export function deleteLifecycle({ response, address }: Call, { store }: Context): void {
  store.setLifecycle(address.bucket, []);
  answerEmpty(response, 204);
}

/** Implements DeleteObjects. Each key is processed separately, and a missing key counts as deleted. */
export async function deleteObjects({ request, response, address }: Call, { store }: Context): Promise<void> {
  const document = readXml(await readDocument(request));
  const keys = childrenOf(document, 'Object').map((object) => {
    const unknown = object.children.find(({ name }) => name !== 'Key');
    if (unknown) throw notImplemented(`${unknown.name} of an object in DeleteObjects`);
    return textOf(object, 'Key') ?? '';
  });
  for (const key of keys) await store.remove(address.bucket, key);
  const isQuiet = textOf(document, 'Quiet') === 'true';
  answerXml(response, 200, 'DeleteResult', { Deleted: isQuiet ? [] : keys.map((Key) => ({ Key })) });
}
