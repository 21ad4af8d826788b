import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { commonConfiguration, TIMES } from '../aws/configuration.ts';

/** S3's client and what is asked of it: one module, so that it can be loaded when it is first needed. */
export interface S3 {
  readonly client: S3Client;
  readonly GetObjectCommand: typeof GetObjectCommand;
  readonly PutObjectCommand: typeof PutObjectCommand;
  readonly createPresignedPost: typeof createPresignedPost;
}

export function createS3(): S3 {
  const client = new S3Client({
    ...commonConfiguration(),
    // `requestTimeout` is that of the answer's head, `socketTimeout` that of any silence in a body.
    requestHandler: { ...TIMES, throwOnRequestTimeout: true, socketTimeout: 8_000 },
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    // TLS guards what is read. To check a whole file once more would take longer than to search it.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // As the SDK has them.
    disableS3ExpressSessionAuth: false,
    sigv4aSigningRegionSet: [],
    useArnRegion: false,
  });
  return { client, GetObjectCommand, PutObjectCommand, createPresignedPost };
}
