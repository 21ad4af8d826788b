import { abortOf, expiryOf } from './lifecycle-rules.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Removes all objects that have expired under their bucket's rules, and all multipart uploads that have been unfinished for too long.
 * @param now in milliseconds since the epoch
 * @returns the number of removed objects
 */
export async function expireObjects(store: ObjectStore, now: number): Promise<number> {
  let expired = 0;
  for (const { name: bucket, lifecycle } of store.buckets()) {
    const due = [...store.list(bucket, { prefix: '', after: '' })].filter(
      (object) => (expiryOf(object, lifecycle) ?? Infinity) <= now,
    );
    for (const { key, file } of due) {
      // Also passes the file's name: an object that was replaced in the meantime has a different file, and must be kept.
      if (await store.remove(bucket, key, file)) expired += 1;
    }
    const uploads = store.uploads.ofBucket(bucket);
    await store.uploads.remove(uploads.filter((upload) => (abortOf(upload, lifecycle) ?? Infinity) <= now));
  }
  return expired;
}
