import { randomUUID } from 'node:crypto';
import type { DatabaseSync } from 'node:sqlite';

/** A multipart upload in progress. */
export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** The resulting object's headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** The resulting object's checksum; undefined if it has none. */
  readonly checksum: UploadChecksum | undefined;
  /** The creation time, in milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface UploadChecksum {
  /** The algorithm in lower case, such as `crc32`. */
  readonly algorithm: string;
  /** Whether the checksum covers the whole object or the parts' checksums. */
  readonly type: 'FULL_OBJECT' | 'COMPOSITE';
}

export interface Part {
  readonly number: number;
  readonly file: string;
  readonly bytes: number;
  /** The ETag with its quotes. */
  readonly etag: string;
  /** Checksums in base64, keyed by header name. */
  readonly checksums: Readonly<Record<string, string>>;
  /** The time at which the part was written, in milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface UploadStore {
  create(upload: Omit<Upload, 'id'>): Upload;
  find(id: string): Upload | undefined;
  ofBucket(bucket: string): Upload[];
  /** Returns the upload's parts, ordered by part number. */
  parts(upload: Upload): Part[];
  /** Adds a part, and replaces any part with the same number. Returns false if the upload has ended in the meantime. */
  putPart(upload: Upload, part: Part): Promise<boolean>;
  /** Removes uploads with their parts. Resolves when the parts' files are deleted. */
  remove(uploads: readonly Upload[]): Promise<void>;
  /** Removes uploads, but keeps their files. @returns the file names */
  forget(uploads: readonly Upload[]): string[];
}

interface UploadRow {
  id: string;
  bucket: string;
  key: string;
  headers: string;
  algorithm: string | null;
  checksum_type: UploadChecksum['type'] | null;
  created_at: number;
}

interface PartRow {
  number: number;
  file: string;
  bytes: number;
  etag: string;
  checksums: string;
  modified_at: number;
}

export function openUploadStore(
  database: DatabaseSync,
  { removeFile }: { removeFile: (file: string) => Promise<void> },
): UploadStore {
  const insertUpload = database.prepare(
    'INSERT INTO upload (id, bucket, key, headers, algorithm, checksum_type, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
  );
  const selectUpload = database.prepare('SELECT * FROM upload WHERE id = ?');
  const selectUploads = database.prepare('SELECT * FROM upload WHERE bucket = ? ORDER BY key, created_at');
  const deleteUpload = database.prepare('DELETE FROM upload WHERE id = ?');
  const selectParts = database.prepare('SELECT * FROM part WHERE upload = ? ORDER BY number');
  const selectPart = database.prepare('SELECT * FROM part WHERE upload = ? AND number = ?');
  const deleteParts = database.prepare('DELETE FROM part WHERE upload = ? RETURNING file');
  const replacePart = database.prepare(
    `INSERT OR REPLACE INTO part (upload, number, file, bytes, etag, checksums, modified_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );

  const find = (id: string): Upload | undefined => {
    const row = selectUpload.get(id) as unknown as UploadRow | undefined;
    return row && toUpload(row);
  };
  const forget = (uploads: readonly Upload[]): string[] =>
    uploads.flatMap(({ id }) => {
      const files = (deleteParts.all(id) as { file: string }[]).map(({ file }) => file);
      deleteUpload.run(id);
      return files;
    });

  return {
    create(upload) {
      const id = randomUUID();
      const { bucket, key, headers, checksum, createdAt } = upload;
      const { algorithm = null, type = null } = checksum ?? {};
      insertUpload.run(id, bucket, key, JSON.stringify(headers), algorithm, type, createdAt);
      return { id, ...upload };
    },
    find,
    ofBucket: (bucket) => (selectUploads.all(bucket) as unknown as UploadRow[]).map(toUpload),
    parts: ({ id }) => (selectParts.all(id) as unknown as PartRow[]).map(toPart),
    async putPart({ id }, part) {
      if (!find(id)) return false;
      const { number, file, bytes, etag, checksums, modifiedAt } = part;
      const before = selectPart.get(id, number) as unknown as PartRow | undefined;
      replacePart.run(id, number, file, bytes, etag, JSON.stringify(checksums), modifiedAt);
      if (before) await removeFile(before.file);
      return true;
    },
    async remove(uploads) {
      for (const file of forget(uploads)) await removeFile(file);
    },
    forget,
  };
}

function toUpload({
  algorithm,
  checksum_type: type,
  created_at: createdAt,
  headers,
  ...row
}: UploadRow): Upload {
  return {
    ...row,
    headers: JSON.parse(headers) as Record<string, string>,
    checksum: algorithm !== null && type !== null ? { algorithm, type } : undefined,
    createdAt,
  };
}

function toPart({ number, file, bytes, etag, checksums, modified_at: modifiedAt }: PartRow): Part {
  const parsed = JSON.parse(checksums) as Record<string, string>;
  return { number, file, bytes, etag, checksums: parsed, modifiedAt };
}
