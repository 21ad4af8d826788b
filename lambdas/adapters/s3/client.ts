import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { clientConfiguration, TIMES } from '../aws/configuration.ts';
import { InTimeHandler } from '../aws/in-time-handler.ts';

/** S3's client and what is asked of it: one module, so that it can be loaded when it is first needed. */
export interface S3 {
  readonly client: S3Client;
  readonly GetObjectCommand: typeof GetObjectCommand;
  readonly PutObjectCommand: typeof PutObjectCommand;
  readonly createPresignedPost: typeof createPresignedPost;
}

export function createS3(): S3 {
  const client = new S3Client({
    ...clientConfiguration(),
    // `requestTimeout` is that of the answer's head, `socketTimeout` that of any silence in a body.
    requestHandler: new InTimeHandler({ ...TIMES, socketTimeout: 8_000 }),
    // Each file has a key of its own, and a directory bucket or an access point would have an endpoint of its own.
    cacheMiddleware: false,
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
