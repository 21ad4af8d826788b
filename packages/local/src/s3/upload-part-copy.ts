import { closeSync, createReadStream } from 'node:fs';
import { answerXml } from './answer.ts';
import { checksumElements, computed } from './checksums.ts';
import { checkCopiedBytes, openCopySource } from './copy-source.ts';
import { putPart, requestedPart } from './multipart-operations.ts';
import type { Call, Context } from './operation.ts';
import type { ByteRange } from './range.ts';
import { receive } from './receive.ts';
import { invalidArgument } from './s3-error.ts';

const RANGE_HEADER = 'x-amz-copy-source-range';

/** Implements UploadPartCopy, which creates a part from an object's bytes or from a range of them. */
export async function uploadPartCopy(call: Call, context: Context): Promise<void> {
  const { request, response } = call;
  const { store } = context;
  const { upload, number } = requestedPart(call, store.uploads);
  const { object, descriptor } = openCopySource(call, context);
  let range: ByteRange | undefined;
  try {
    range = rangeOf(request.headers[RANGE_HEADER]?.toString(), object.bytes);
    checkCopiedBytes(range ? range.end - range.start + 1 : object.bytes);
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
  const { file, path } = store.newFile();
  const source = createReadStream('', { ...range, fd: descriptor }) as AsyncIterable<Buffer>;
  const received = await receive(source, {
    path,
    expectations: upload.checksum ? [computed(upload.checksum.algorithm)] : [],
    checkSize: () => undefined,
  });
  const part = await putPart({ upload, number, file, received }, context);
  answerXml(
    response,
    200,
    'CopyPartResult',
    {
      LastModified: new Date(part.modifiedAt).toISOString(),
      ETag: part.etag,
      ...checksumElements(part.checksums),
    },
    { 'x-amz-server-side-encryption': 'AES256' },
  );
}

/**
 * Returns the bytes to copy, both ends included, or undefined for the whole object.
 * @throws S3Error InvalidArgument for another format, or a range beyond the object's end
 */
function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  if (header === undefined) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first === '' || end < start) {
    throw invalidArgument(
      `The ${RANGE_HEADER} value must be of the form bytes=first-last where first and last are the zero-based offsets of the first and last bytes to copy`,
      RANGE_HEADER,
      header,
    );
  }
  if (end < bytes) return { start, end };
  throw invalidArgument(
    `Range specified is not valid for source object of size: ${bytes}`,
    RANGE_HEADER,
    header,
  );
}
