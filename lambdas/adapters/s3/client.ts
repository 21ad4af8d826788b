import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';

/** S3's client and what is asked of it: one module, so that it can be loaded when it is first needed. */
export interface S3 {
  readonly client: S3Client;
  readonly GetObjectCommand: typeof GetObjectCommand;
  readonly PutObjectCommand: typeof PutObjectCommand;
  readonly createPresignedPost: typeof createPresignedPost;
}

export function createS3(): S3 {
  const client = new S3Client({
    maxAttempts: 3,
    // `requestTimeout` is that of the answer's head, `socketTimeout` that of any silence in a body.
    requestHandler: {
      connectionTimeout: 2_000,
      requestTimeout: 8_000,
      socketTimeout: 8_000,
      throwOnRequestTimeout: true,
    },
    // TLS guards what is read. To check a whole file once more would take longer than to search it.
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { client, GetObjectCommand, PutObjectCommand, createPresignedPost };
}
