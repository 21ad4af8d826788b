import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { answerXml } from './answer.ts';
import { checksumElements, checksumNamed, checksumTypeOf, computed, isChecksumHeader } from './checksums.ts';
import { readDocument } from './document.ts';
import { uploadOf } from './multipart-operations.ts';
import type { StoredObject } from './object-store.ts';
import type { Call, Context } from './operation.ts';
import { checkWriteHeaders, unquoted } from './preconditions.ts';
import { putUnderConditions } from './put-object.ts';
import { receive } from './receive.ts';
import { notImplemented, S3Error } from './s3-error.ts';
import type { Part, Upload } from './upload-store.ts';
import { childrenOf, readXml, textOf } from './xml.ts';

/** The minimum size of all parts except the last, in bytes: 5 MiB. */
const MIN_PART_BYTES = 5 * 1024 ** 2;

/**
 * Implements CompleteMultipartUpload, which joins the selected parts into an object. If the process is killed partway, the
 * upload still exists, and the caller can call CompleteMultipartUpload again.
 */
export async function completeUpload(call: Call, context: Context): Promise<void> {
  const { request, response } = call;
  const { store, now } = context;
  const { headers } = request;
  checkWriteHeaders(headers);
  const upload = uploadOf(call, store.uploads);
  checkChecksumHeaders(headers, upload);
  const parts = chosenParts(upload, store.uploads.parts(upload), await readDocument(request, false));

  const whole = upload.checksum?.type === 'FULL_OBJECT' ? upload.checksum.algorithm : undefined;
  const composite = whole === undefined ? await compositeChecksum(upload, parts) : undefined;
  const { file, path } = store.newFile();
  const received = await receive(bytesOf(parts.map((part) => store.pathOf(part.file))), {
    path,
    expectations: whole === undefined ? [] : [computed(whole)],
    checkSize: () => undefined,
  });
  const object: StoredObject = {
    key: upload.key,
    file,
    bytes: received.bytes,
    etag: etagOf(parts),
    headers: upload.headers,
    checksums: composite ?? received.checksums,
    modifiedAt: now(),
  };
  try {
    checkAnnounced(headers, object);
  } catch (error) {
    await store.discard(file);
    throw error;
  }
  await putUnderConditions(call, object, context);
  await store.uploads.remove([upload]);
  const type = checksumTypeOf(object.checksums);
  answerXml(
    response,
    200,
    'CompleteMultipartUploadResult',
    {
      Location: `http://${headers.host ?? ''}/${upload.bucket}/${encodeURI(upload.key)}`,
      Bucket: upload.bucket,
      Key: upload.key,
      ETag: object.etag,
      ...checksumElements(object.checksums),
      ...(type && { ChecksumType: type }),
    },
    { 'x-amz-server-side-encryption': 'AES256' },
  );
}

/**
 * Returns the parts listed in the XML, in the same order.
 * @throws S3Error if a part is missing, out of order or too small, or its ETag or checksum differs
 */
function chosenParts(upload: Upload, parts: readonly Part[], document: string): Part[] {
  const named = childrenOf(readXml(document), 'Part');
  if (named.length === 0) throw new S3Error(400, 'InvalidRequest', 'You must specify at least one part');
  const chosen = named.map((element) => {
    const number = Number(textOf(element, 'PartNumber'));
    const etag = unquoted(textOf(element, 'ETag') ?? '');
    const part = parts.find((candidate) => candidate.number === number);
    const differs = Object.entries(checksumElements(part?.checksums ?? {})).some(
      ([name, value]) => (textOf(element, name) ?? value) !== value,
    );
    if (part && unquoted(part.etag) === etag && !differs) return part;
    throw new S3Error(
      400,
      'InvalidPart',
      "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { ETag: etag, PartNumber: number, UploadId: upload.id },
    );
  });
  chosen.forEach((part, index) => {
    const next = chosen[index + 1];
    if (!next) return;
    if (next.number <= part.number) {
      throw new S3Error(
        400,
        'InvalidPartOrder',
        'The list of parts was not in ascending order. Parts must be ordered by part number.',
        { UploadId: upload.id },
      );
    }
    if (part.bytes < MIN_PART_BYTES) {
      throw new S3Error(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          ETag: unquoted(part.etag),
          PartNumber: part.number,
          MinSizeAllowed: MIN_PART_BYTES,
          ProposedSize: part.bytes,
        },
      );
    }
  });
  return chosen;
}

/**
 * Refuses checksum types other than the upload's, as S3 does, and checksums with other algorithms, which this emulator can't compare.
 *
 * @throws S3Error InvalidRequest for the type, or NotImplemented for the algorithm
 */
function checkChecksumHeaders(headers: Call['request']['headers'], { checksum }: Upload): void {
  const type = headers['x-amz-checksum-type']?.toString();
  if (type !== undefined && type !== checksum?.type) {
    throw new S3Error(
      400,
      'InvalidRequest',
      `The upload was created using the ${checksum?.type ?? 'null'} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  const other = Object.keys(headers).find(
    (header) => isChecksumHeader(header) && header !== `x-amz-checksum-${checksum?.algorithm ?? ''}`,
  );
  if (other === undefined) return;
  const algorithm = checksum?.algorithm.toUpperCase() ?? 'no checksum algorithm';
  throw notImplemented(`${other} where the upload was created with ${algorithm}`);
}

/** Checks the size and checksum that the caller specified for the whole object. */
function checkAnnounced(headers: Call['request']['headers'], object: StoredObject): void {
  const size = headers['x-amz-mp-object-size']?.toString();
  if (size !== undefined && Number(size) !== object.bytes) {
    throw new S3Error(
      400,
      'InvalidRequest',
      `The provided 'x-amz-mp-object-size' header value ${size} does not match what was computed: ${object.bytes}`,
    );
  }
  for (const [header, value] of Object.entries(object.checksums)) {
    const announced = headers[header]?.toString();
    if (announced !== undefined && announced !== value) {
      const name = header.replace('x-amz-checksum-', '').toUpperCase();
      throw new S3Error(400, 'BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    }
  }
}

async function* bytesOf(paths: readonly string[]): AsyncGenerator<Buffer, void, undefined> {
  for (const path of paths) yield* createReadStream(path) as AsyncIterable<Buffer>;
}

/** Returns the ETag: the MD5 of the parts' MD5s, followed by the number of parts. */
function etagOf(parts: readonly Part[]): string {
  const digest = createHash('md5');
  for (const { etag } of parts) digest.update(Buffer.from(unquoted(etag), 'hex'));
  return `"${digest.digest('hex')}-${parts.length}"`;
}

/** Returns the checksum of the parts' checksums. Returns undefined if the upload or one of its parts has no checksum. */
async function compositeChecksum(
  { checksum }: Upload,
  parts: readonly Part[],
): Promise<Record<string, string>> {
  if (!checksum) return {};
  const header = `x-amz-checksum-${checksum.algorithm}`;
  const digest = checksumNamed(checksum.algorithm)?.();
  if (!digest) return {};
  for (const { checksums } of parts) {
    const value = checksums[header];
    if (value === undefined) {
      throw new S3Error(
        400,
        'InvalidRequest',
        `The upload was created using a ${checksum.algorithm} checksum. The complete request must include the checksum for each part. It was missing for a part in the request.`,
      );
    }
    digest.update(Buffer.from(value, 'base64'));
  }
  return { [header]: `${Buffer.from(await digest.digest()).toString('base64')}-${parts.length}` };
}
