import { closeSync, createReadStream } from 'node:fs';
import { answerXml } from './answer.ts';
import { checksumElements, computed } from './checksums.ts';
import { openSource } from './copy-object.ts';
import { storePart } from './multipart-operations.ts';
import type { Call, Context } from './operation.ts';
import { receive } from './receive.ts';
import { invalidArgument } from './s3-error.ts';

/**
 * UploadPartCopy: a part with the bytes of an object, or of a range of them, such as `bytes=0-8388607`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html
 */
export async function copyPart(call: Call, context: Context): Promise<void> {
  const { request, response } = call;
  const part = await storePart(call, context, (upload, path) => {
    const { original, descriptor } = openSource(request, context);
    try {
      const range = rangeIn(request.headers['x-amz-copy-source-range']?.toString(), original.bytes);
      const expectations = upload.checksum ? [computed(upload.checksum.algorithm)] : [];
      const source = createReadStream('', { fd: descriptor, ...range }) as AsyncIterable<Buffer>;
      return receive(source, { path, expectations, checkSize: () => undefined });
    } catch (error) {
      closeSync(descriptor);
      throw error;
    }
  });
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

/** @throws S3Error InvalidArgument for a range that is not within the object, unlike the Range of GetObject */
function rangeIn(header: string | undefined, bytes: number): { start: number; end: number } | undefined {
  if (header === undefined) return undefined;
  const [, first = '', last = ''] = /^bytes=(\d+)-(\d+)$/.exec(header) ?? [];
  const [start, end] = [Number(first), Number(last)];
  if (first !== '' && start <= end && end < bytes) return { start, end };
  throw invalidArgument(
    `Range specified is not valid for source object of size: ${bytes}`,
    'x-amz-copy-source-range',
    header,
  );
}
