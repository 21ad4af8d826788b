import { answerEmpty, answerXml } from './answer.ts';
import { checksumElements, checksumNamed } from './checksums.ts';
import type { Call, Context } from './operation.ts';
import { keptHeaders, receiveBody } from './put-object.ts';
import type { Received } from './receive.ts';
import { invalidArgument, notImplemented, S3Error } from './s3-error.ts';
import type { Part, Upload, UploadChecksum } from './upload-store.ts';

/** The maximum numbers of parts in an object and on a page of ListParts. */
const MAX_PARTS = 10_000;
const MAX_LISTED_PARTS = 1000;

/** Implements CreateMultipartUpload. */
export function createUpload({ request, response, address }: Call, { store, now }: Context): void {
  const { headers } = request;
  const { bucket, key } = address;
  const checksum = checksumOf(
    headers['x-amz-checksum-algorithm']?.toString().toLowerCase(),
    headers['x-amz-checksum-type']?.toString(),
  );
  const upload = store.uploads.create({
    bucket,
    key,
    headers: keptHeaders(headers),
    checksum,
    createdAt: now(),
  });
  answerXml(
    response,
    200,
    'InitiateMultipartUploadResult',
    { Bucket: bucket, Key: key, UploadId: upload.id },
    {
      'x-amz-server-side-encryption': 'AES256',
      ...(checksum && {
        'x-amz-checksum-algorithm': checksum.algorithm.toUpperCase(),
        'x-amz-checksum-type': checksum.type,
      }),
    },
  );
}

/** Implements UploadPart. Each part is written to a separate file, like the body in PutObject. */
export async function uploadPart(call: Call, context: Context): Promise<void> {
  const { request, response } = call;
  const { store } = context;
  const { upload, number } = requestedPart(call, store.uploads);
  const { file, path } = store.newFile();
  const part = await putPart({ upload, number, file, received: await receiveBody(request, path) }, context);
  answerEmpty(response, 200, {
    etag: part.etag,
    ...part.checksums,
    'x-amz-server-side-encryption': 'AES256',
  });
}

/**
 * Returns the part number in a request, and the part's upload.
 * @throws S3Error if the upload does not exist, or the part number is invalid
 */
export function requestedPart(
  call: Pick<Call, 'address'>,
  uploads: Context['store']['uploads'],
): { upload: Upload; number: number } {
  const number = partNumberOf(call.address.query.get('partNumber'));
  return { upload: uploadOf(call, uploads), number };
}

/** Adds a written file to its upload as a part, or removes the file if the upload has ended in the meantime. */
export async function putPart(
  { upload, number, file, received }: { upload: Upload; number: number; file: string; received: Received },
  { store, now }: Context,
): Promise<Part> {
  const { bytes, md5, checksums } = received;
  const part = { number, file, bytes, etag: `"${md5}"`, checksums, modifiedAt: now() };
  if (await store.uploads.putPart(upload, part)) return part;
  await store.discard(file);
  throw noSuchUpload(upload.id);
}

/** Implements ListParts, which returns a page of an unfinished upload's parts. */
export function listParts(call: Call, { store }: Context): void {
  const { response, address } = call;
  const upload = uploadOf(call, store.uploads);
  const after = countIn(address.query, 'part-number-marker', 0);
  const limit = Math.min(countIn(address.query, 'max-parts', MAX_LISTED_PARTS), MAX_LISTED_PARTS);
  const rest = store.uploads.parts(upload).filter(({ number }) => number > after);
  const page = rest.slice(0, limit);
  answerXml(response, 200, 'ListPartsResult', {
    Bucket: upload.bucket,
    Key: upload.key,
    UploadId: upload.id,
    StorageClass: 'STANDARD',
    PartNumberMarker: after,
    NextPartNumberMarker: page.at(-1)?.number ?? after,
    MaxParts: limit,
    IsTruncated: limit > 0 && page.length < rest.length,
    ...(upload.checksum && {
      ChecksumAlgorithm: upload.checksum.algorithm.toUpperCase(),
      ChecksumType: upload.checksum.type,
    }),
    Part: page.map((part) => ({
      PartNumber: part.number,
      LastModified: new Date(part.modifiedAt).toISOString(),
      ETag: part.etag,
      Size: part.bytes,
      ...checksumElements(part.checksums),
    })),
  });
}

/** Implements AbortMultipartUpload. */
export async function abortUpload(call: Call, { store }: Context): Promise<void> {
  await store.uploads.remove([uploadOf(call, store.uploads)]);
  answerEmpty(call.response, 204);
}

/**
 * Returns the upload with the request's upload ID.
 * @throws S3Error NoSuchUpload, also if the upload is for another object
 */
export function uploadOf(
  { address: { bucket, key, query } }: Pick<Call, 'address'>,
  uploads: Context['store']['uploads'],
): Upload {
  const id = query.get('uploadId') ?? '';
  const upload = uploads.find(id);
  if (upload?.bucket === bucket && upload.key === key) return upload;
  throw noSuchUpload(id);
}

function noSuchUpload(id: string): S3Error {
  return new S3Error(
    404,
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { UploadId: id },
  );
}

/**
 * Returns the upload's checksum. CRC64NVME supports only full-object checksums, and the SHA algorithms support only composite checksums
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html).
 */
function checksumOf(algorithm: string | undefined, type: string | undefined): UploadChecksum | undefined {
  if (algorithm === undefined) {
    if (type !== undefined) throw notImplemented('x-amz-checksum-type without x-amz-checksum-algorithm');
    return undefined;
  }
  if (!checksumNamed(algorithm)) throw notImplemented(`the checksum algorithm ${algorithm.toUpperCase()}`);
  const chosen = type ?? (algorithm === 'crc64nvme' ? 'FULL_OBJECT' : 'COMPOSITE');
  const isAllowed =
    chosen === 'FULL_OBJECT'
      ? algorithm.startsWith('crc')
      : chosen === 'COMPOSITE' && algorithm !== 'crc64nvme';
  if (isAllowed) return { algorithm, type: chosen as UploadChecksum['type'] };
  throw new S3Error(
    400,
    'InvalidRequest',
    `The ${chosen} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`,
  );
}

function partNumberOf(text: string | null): number {
  const number = Number(text);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    'partNumber',
    text ?? '',
  );
}

function countIn(query: URLSearchParams, name: string, byDefault: number): number {
  const count = Number(query.get(name) ?? byDefault);
  if (Number.isInteger(count) && count >= 0) return count;
  throw invalidArgument(
    `Provided ${name} not an integer or within integer range`,
    name,
    query.get(name) ?? '',
  );
}
