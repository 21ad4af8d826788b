import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { commonConfiguration, TIMES } from '../aws/configuration.ts';

/** S3's client and the commands that Errand uses. They are one module, which is bundled apart and loaded at the first use. */
export interface S3 {
  readonly client: S3Client;
  readonly GetObjectCommand: typeof GetObjectCommand;
  readonly PutObjectCommand: typeof PutObjectCommand;
  readonly createPresignedPost: typeof createPresignedPost;
}

export function createS3(): S3 {
  const client = new S3Client({
    ...commonConfiguration(),
    // `requestTimeout` limits the wait for the response's headers, `socketTimeout` each pause in its body.
    requestHandler: { ...TIMES, throwOnRequestTimeout: true, socketTimeout: 8_000 },
    requestChecksumCalculation: 'WHEN_SUPPORTED',
    // TLS protects downloads. Verifying the checksum of a file would take longer than searching the file.
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The SDK's defaults.
    disableS3ExpressSessionAuth: false,
    sigv4aSigningRegionSet: [],
    useArnRegion: false,
  });
  return { client, GetObjectCommand, PutObjectCommand, createPresignedPost };
}
