import { randomUUID } from 'node:crypto';
import { mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { LifecycleRule } from './lifecycle-rules.ts';
import { openUploadStore, type UploadStore } from './upload-store.ts';

export interface StoredObject {
  readonly key: string;
  /** The name of the file that its bytes lie in. */
  readonly file: string;
  readonly bytes: number;
  /** With its quotes. */
  readonly etag: string;
  /** What it is answered with: its content type, its metadata. */
  readonly headers: Readonly<Record<string, string>>;
  /** Base64, by their headers' names. */
  readonly checksums: Readonly<Record<string, string>>;
  /** In milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Which objects of a bucket, in the order of their keys. */
export interface Selection {
  readonly prefix: string;
  /** Only keys behind this one. */
  readonly after: string;
}

export interface Bucket {
  readonly name: string;
  /** In milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lifecycle: readonly LifecycleRule[];
}

export interface ObjectStore {
  /** Objects that are being uploaded in parts. */
  readonly uploads: UploadStore;
  /** False where the bucket exists. */
  createBucket(name: string): boolean;
  hasBucket(name: string): boolean;
  buckets(): Bucket[];
  /** Removes the bucket and its unfinished uploads; false if objects are in it. */
  removeBucket(name: string): Promise<boolean>;
  setLifecycle(bucket: string, rules: readonly LifecycleRule[]): void;

  /** Where a file of an object or a part lies. */
  pathOf(file: string): string;
  /** A file name that no object has, and where that file lies. */
  newFile(): { file: string; path: string };
  /** Makes a file that was written an object, in place of any of that key, whose readers keep what they read. */
  put(bucket: string, object: StoredObject): Promise<void>;
  /** Removes a file that is not to become an object. */
  discard(file: string): Promise<void>;
  find(bucket: string, key: string): StoredObject | undefined;
  /** The object with its open file, which the caller closes: it stays readable when the object is replaced. */
  open(bucket: string, key: string): { object: StoredObject; descriptor: number } | undefined;
  /** Removes the object, if it is there and, where `file` is given, still that one. */
  remove(bucket: string, key: string, file?: string): Promise<boolean>;
  /** Read as it is walked: nothing may be written in between. */
  list(bucket: string, selection: Selection): Iterable<StoredObject>;
  close(): void;
}

interface Row {
  key: string;
  file: string;
  bytes: number;
  etag: string;
  headers: string;
  checksums: string;
  modified_at: number;
}

/**
 * Opens the objects in `directory`. A file is written whole before its row is, and is removed after its row: what a
 * kill leaves is at most a file without a row, which is removed here.
 */
export function openObjectStore(directory: string, database: DatabaseSync, now: () => number): ObjectStore {
  const filesFolder = join(directory, 'objects');
  mkdirSync(filesFolder, { recursive: true });
  const pathOf = (file: string): string => join(filesFolder, file);
  const removeFile = (file: string): Promise<void> => rm(pathOf(file), { force: true });

  const insertBucket = database.prepare('INSERT OR IGNORE INTO bucket (name, created_at) VALUES (?, ?)');
  const selectBucket = database.prepare('SELECT 1 FROM bucket WHERE name = ?');
  const selectBuckets = database.prepare('SELECT name, created_at, lifecycle FROM bucket ORDER BY name');
  const selectAnyObject = database.prepare('SELECT 1 FROM object WHERE bucket = ? LIMIT 1');
  const deleteBucket = database.prepare('DELETE FROM bucket WHERE name = ?');
  const updateLifecycle = database.prepare('UPDATE bucket SET lifecycle = ? WHERE name = ?');
  const selectObject = database.prepare('SELECT * FROM object WHERE bucket = ? AND key = ?');
  const replaceObject = database.prepare(
    `INSERT OR REPLACE INTO object (bucket, key, file, bytes, etag, headers, checksums, modified_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const deleteObject = database.prepare(
    'DELETE FROM object WHERE bucket = :bucket AND key = :key AND file = COALESCE(:file, file) RETURNING file',
  );
  // By substr and not LIKE, in which % and _ would stand for other characters.
  const selectObjects = database.prepare(
    `SELECT * FROM object
     WHERE bucket = :bucket AND key > :after AND key >= :prefix AND substr(key, 1, length(:prefix)) = :prefix
     ORDER BY key`,
  );

  const uploads = openUploadStore(database, { removeFile });

  const selectFiles = database.prepare('SELECT file FROM object UNION ALL SELECT file FROM part');
  const known = new Set((selectFiles.all() as { file: string }[]).map(({ file }) => file));
  const leftovers = readdirSync(filesFolder).filter((file) => !known.has(file));
  for (const file of leftovers) rmSync(pathOf(file), { force: true });

  const find = (bucket: string, key: string): StoredObject | undefined => {
    const row = selectObject.get(bucket, key) as unknown as Row | undefined;
    return row && toObject(row);
  };

  return {
    createBucket: (name) => insertBucket.run(name, now()).changes === 1,
    hasBucket: (name) => selectBucket.get(name) !== undefined,
    buckets: () =>
      (selectBuckets.all() as { name: string; created_at: number; lifecycle: string }[]).map(
        ({ name, created_at: createdAt, lifecycle }) => ({
          name,
          createdAt,
          lifecycle: JSON.parse(lifecycle) as LifecycleRule[],
        }),
      ),
    async removeBucket(name) {
      if (selectAnyObject.get(name) !== undefined) return false;
      const files = uploads.forget(uploads.ofBucket(name));
      deleteBucket.run(name);
      for (const file of files) await removeFile(file);
      return true;
    },
    setLifecycle(bucket, rules) {
      updateLifecycle.run(JSON.stringify(rules), bucket);
    },

    uploads,
    pathOf,
    newFile() {
      const file = randomUUID();
      return { file, path: pathOf(file) };
    },
    async put(bucket, object) {
      const { key, file, bytes, etag, headers, checksums, modifiedAt } = object;
      const before = find(bucket, key);
      const [headersText, checksumsText] = [JSON.stringify(headers), JSON.stringify(checksums)];
      replaceObject.run(bucket, key, file, bytes, etag, headersText, checksumsText, modifiedAt);
      if (before) await removeFile(before.file);
    },
    discard: removeFile,
    find,
    open(bucket, key) {
      const object = find(bucket, key);
      // In the same breath as the look-up: the file of a row that was just read is there.
      return object && { object, descriptor: openSync(pathOf(object.file), 'r') };
    },
    async remove(bucket, key, file) {
      const [row] = deleteObject.all({ bucket, key, file: file ?? null }) as { file: string }[];
      if (row) await removeFile(row.file);
      return row !== undefined;
    },
    *list(bucket, selection) {
      for (const row of selectObjects.iterate({ bucket, ...selection }))
        yield toObject(row as unknown as Row);
    },
    close() {
      database.close();
    },
  };
}

function toObject({
  key,
  file,
  bytes,
  etag,
  headers,
  checksums,
  modified_at: modifiedAt,
}: Row): StoredObject {
  return {
    key,
    file,
    bytes,
    etag,
    headers: JSON.parse(headers) as Record<string, string>,
    checksums: JSON.parse(checksums) as Record<string, string>,
    modifiedAt,
  };
}
