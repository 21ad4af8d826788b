import { abortOf, expiryOf } from './lifecycle-rules.ts';
import type { ObjectStore } from './object-store.ts';

/**
 * Removes every object that has expired by its bucket's rules, and every upload that was unfinished for too long.
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
      // Compares the file too, because an object that was replaced in the meantime is a different one.
      if (await store.remove(bucket, key, file)) expired += 1;
    }
    const uploads = store.uploads.ofBucket(bucket);
    await store.uploads.remove(uploads.filter((upload) => (abortOf(upload, lifecycle) ?? Infinity) <= now));
  }
  return expired;
}
