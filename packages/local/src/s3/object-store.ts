import { randomUUID } from 'node:crypto';
import { mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import type { CorsRule } from './cors-rules.ts';
import type { LifecycleRule } from './lifecycle-rules.ts';
import { openUploadStore, type UploadStore } from './upload-store.ts';

export interface StoredObject {
  readonly key: string;
  /** The name of the file that contains the object's bytes. */
  readonly file: string;
  readonly bytes: number;
  /** The ETag with its quotes. */
  readonly etag: string;
  /** Headers to return with the object, such as its content type and metadata. */
  readonly headers: Readonly<Record<string, string>>;
  /** Checksums in base64, keyed by header name. */
  readonly checksums: Readonly<Record<string, string>>;
  /** The time of the last change, in milliseconds since the epoch. */
  readonly modifiedAt: number;
}

/** Selects objects in a bucket, in key order. */
export interface Selection {
  readonly prefix: string;
  /** Selects only keys after this one. */
  readonly after: string;
}

export interface Bucket {
  readonly name: string;
  /** The creation time, in milliseconds since the epoch. */
  readonly createdAt: number;
  readonly lifecycle: readonly LifecycleRule[];
}

export interface ObjectStore {
  /** Multipart uploads in progress. */
  readonly uploads: UploadStore;
  /** Creates a bucket. Returns false if the bucket already exists. */
  createBucket(name: string): boolean;
  hasBucket(name: string): boolean;
  buckets(): Bucket[];
  /** Removes a bucket and its unfinished uploads. Returns false if the bucket contains objects. */
  removeBucket(name: string): Promise<boolean>;
  setLifecycle(bucket: string, rules: readonly LifecycleRule[]): void;
  /** Returns a bucket's CORS rules, in the order of evaluation. */
  cors(bucket: string): readonly CorsRule[];
  setCors(bucket: string, rules: readonly CorsRule[]): void;

  /** Returns the path of an object's or part's file. */
  pathOf(file: string): string;
  /** Returns a new file name and the file's path. */
  newFile(): { file: string; path: string };
  /**
   * Turns a written file into an object, and replaces any object with the same key. Readers of the replaced object can finish reading it.
   */
  put(bucket: string, object: StoredObject): Promise<void>;
  /** Removes a file that will not become an object. */
  discard(file: string): Promise<void>;
  find(bucket: string, key: string): StoredObject | undefined;
  /** Returns the object and its open file. The caller must close the file. The file stays readable if the object is replaced. */
  open(bucket: string, key: string): { object: StoredObject; descriptor: number } | undefined;
  /** Removes an object if it exists. If `file` is set, removes the object only if it still has this file. */
  remove(bucket: string, key: string, file?: string): Promise<boolean>;
  /** Lists objects lazily, so nothing may be written during the iteration. */
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
 * Opens the objects in `directory`. A file is completely written before its row is inserted, and is removed only after its row. If the process is
 * killed in between, a file without a row is left. This function removes these files.
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
  const selectCors = database.prepare('SELECT rules FROM cors WHERE bucket = ?');
  const replaceCors = database.prepare('INSERT OR REPLACE INTO cors (bucket, rules) VALUES (?, ?)');
  const selectObject = database.prepare('SELECT * FROM object WHERE bucket = ? AND key = ?');
  const replaceObject = database.prepare(
    `INSERT OR REPLACE INTO object (bucket, key, file, bytes, etag, headers, checksums, modified_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const deleteObject = database.prepare(
    'DELETE FROM object WHERE bucket = :bucket AND key = :key AND file = COALESCE(:file, file) RETURNING file',
  );
  // Uses substr instead of LIKE, because % and _ are wildcards in LIKE.
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
    cors(bucket) {
      const row = selectCors.get(bucket) as { rules: string } | undefined;
      return row ? (JSON.parse(row.rules) as CorsRule[]) : [];
    },
    setCors(bucket, rules) {
      replaceCors.run(bucket, JSON.stringify(rules));
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
      // Opens the file synchronously after the lookup, so that nothing can remove the file in between.
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
