import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

/** A record of a synthesized assembly: a fingerprint of its inputs and a digest of its output. */
interface AssemblyRecord {
  /** The fingerprint of the synth's inputs. */
  readonly fingerprint: string;
  /** The digest of the synth's output, computed by {@link digestOf}. */
  readonly digest: string;
}

/** The record of one assembly, stored outside the assembly. */
export interface AssemblyRecords {
  /** Whether the assembly was made from inputs with this fingerprint, and has not changed since. */
  isGood(fingerprint: string): Promise<boolean>;
  /** Records that the current assembly was made from inputs with this fingerprint. */
  note(fingerprint: string): Promise<void>;
}

/**
 * @param recordDir a folder outside the data folder, so that anyone who can change the bundles in the data folder can't also change the
 * record
 */
export function assemblyRecord(assemblyDir: string, recordDir: string): AssemblyRecords {
  const name = createHash('sha256').update(resolve(assemblyDir)).digest('hex').slice(0, 16);
  const file = join(recordDir, `${name}.json`);
  return {
    async isGood(fingerprint) {
      const record = await read(file);
      return record?.fingerprint === fingerprint && record.digest === (await digestOf(assemblyDir));
    },
    async note(fingerprint) {
      const record: AssemblyRecord = { fingerprint, digest: (await digestOf(assemblyDir)) ?? '' };
      try {
        await mkdir(recordDir, { recursive: true });
        await writeFile(file, JSON.stringify(record));
      } catch (error) {
        // No record can be written to a read-only project, so every start synthesizes the assembly again.
        if (!['EACCES', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    },
  };
}

async function read(file: string): Promise<AssemblyRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as AssemblyRecord;
  } catch {
    return undefined; // The record is missing or unreadable.
  }
}

/** Returns the SHA-256 digest of the names and contents of all files in a folder. Returns undefined if the folder does not exist. */
async function digestOf(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (!entries) return undefined;
  const hash = createHash('sha256');
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, isFile } of paths) {
    // For a symbolic link, hashes only the name: a synth never writes links, so a link always means that the assembly has changed.
    hash.update(`${relative(folder, path)}\0${isFile ? await digestOfFile(path) : 'no file'}\0`);
  }
  return hash.digest('hex');
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
