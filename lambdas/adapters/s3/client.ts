import {
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { createPresignedPost } from '@aws-sdk/s3-presigned-post';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { commonConfiguration, TIMES } from '../aws/configuration.ts';

/** The S3 client and the commands that Errand uses, in one module that is bundled separately and loaded on first use. */
export interface S3 {
  readonly client: S3Client;
  /** The client that signs links. Unlike `client`, this client adds no request checksums to the links. */
  readonly linkClient: S3Client;
  readonly GetObjectCommand: typeof GetObjectCommand;
  readonly HeadObjectCommand: typeof HeadObjectCommand;
  readonly PutObjectCommand: typeof PutObjectCommand;
  readonly getSignedUrl: typeof getSignedUrl;
  readonly createPresignedPost: typeof createPresignedPost;
}

export function createS3(): S3 {
  const configuration = {
    ...commonConfiguration(),
    // `requestTimeout` limits the wait for the response's headers. `socketTimeout` limits the time between two chunks of
    // the response's body.
    requestHandler: { ...TIMES, throwOnRequestTimeout: true, socketTimeout: 8_000 },
    // Downloads are not verified: TLS protects them, and verifying a file's checksum would take longer than searching
    // through the file.
    responseChecksumValidation: 'WHEN_REQUIRED' as const,
    // The SDK's defaults, set explicitly so that the SDK doesn't look them up.
    disableS3ExpressSessionAuth: false,
    sigv4aSigningRegionSet: [],
    useArnRegion: false,
  } satisfies S3ClientConfig;
  const client = new S3Client({ ...configuration, requestChecksumCalculation: 'WHEN_SUPPORTED' });
  const linkClient = new S3Client({ ...configuration, requestChecksumCalculation: 'WHEN_REQUIRED' });
  return {
    client,
    linkClient,
    GetObjectCommand,
    HeadObjectCommand,
    PutObjectCommand,
    createPresignedPost,
    getSignedUrl,
  };
}
