import type { IncomingMessage } from 'node:http';
import { checkedChecksums, expectationsOf } from './checksums.ts';
import { S3Error } from './s3-error.ts';

/**
 * The maximum size of XML that the embedded S3 accepts, in bytes. The longest valid documents are smaller: they list 1,000 keys for deletion,
 * or an upload's 10,000 parts.
 */
const MAX_DOCUMENT_BYTES = 2 * 1024 * 1024;

/**
 * Reads a request body that contains XML.
 * @param isChecksummed false if the checksums in the headers belong to an object instead of this body
 * @throws S3Error if the body is too large, or its checksums do not match
 */
export async function readDocument(request: IncomingMessage, isChecksummed = true): Promise<string> {
  const { headers } = request;
  const names = isChecksummed ? Object.keys(headers) : [];
  const expectations = expectationsOf(names, (name) => headers[name]?.toString());
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_DOCUMENT_BYTES) {
      throw new S3Error(400, 'MaxMessageLengthExceeded', 'Your request was too large.');
    }
    for (const { digest } of expectations) digest.update(chunk);
    chunks.push(chunk);
  }
  await checkedChecksums(expectations, new Map());
  return Buffer.concat(chunks).toString();
}
