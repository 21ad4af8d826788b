import { StoreUnavailableError } from '../../job/errors.ts';
import type { UploadStore } from '../../job/upload-store.ts';
import { endOfWork } from '../aws/end-of-work.ts';
import type { S3 } from './client.ts';

/**
 * The bucket of uploads, for who fills it. S3's client is loaded with the first upload: it is half as large as all the
 * rest of the API, and a submission does without (docs/decisions/0007-files.md).
 */
export function createUploadStore(bucket: string): UploadStore {
  let loading: Promise<S3> | undefined;
  const load = (): Promise<S3> => (loading ??= import('#s3-client').then(({ createS3 }) => createS3()));

  return {
    async put(Key, Body, ContentType) {
      const { client, PutObjectCommand } = await load();
      try {
        const command = new PutObjectCommand({ Bucket: bucket, Key, Body, ContentType });
        // S3's client has the SDK's own handler of HTTP, which does not know of it.
        const abortSignal = endOfWork();
        await client.send(command, { ...(abortSignal && { abortSignal }) });
      } catch (error) {
        throw new StoreUnavailableError('s3', 'unknown', error);
      }
    },

    async form(key, { contentType, minBytes, maxBytes, expiresIn }) {
      const { client, createPresignedPost } = await load();
      return createPresignedPost(client, {
        Bucket: bucket,
        Key: key,
        Conditions: [['content-length-range', minBytes, maxBytes]],
        Fields: contentType === undefined ? {} : { 'Content-Type': contentType },
        Expires: expiresIn,
      });
    },
  };
}
