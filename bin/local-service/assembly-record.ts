import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';

/** What a synthesized assembly was made of, and what it was when it was made. */
interface AssemblyRecord {
  /** Of all that the synth reads. */
  readonly fingerprint: string;
  /** Of all that the synth wrote: {@link digestOf}. */
  readonly digest: string;
}

/** The record of one assembly, which lives outside of it. */
export interface AssemblyRecords {
  /** Whether the assembly was made of this, and still is as it was made: all of it, not changed by a kill or by anyone. */
  isGood(fingerprint: string): Promise<boolean>;
  /** Notes that the assembly as it is now was made of this. */
  note(fingerprint: string): Promise<void>;
}

/**
 * @param recordDir not in the data folder: who can change the bundles there could change their record too
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
        // In a project that can't be written to every start synthesizes.
        if (!['EACCES', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    },
  };
}

async function read(file: string): Promise<AssemblyRecord | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as AssemblyRecord;
  } catch {
    return undefined; // None yet, or none that can be trusted.
  }
}

/** SHA-256 over the names and contents of all files in a folder; undefined if there is no such folder. */
async function digestOf(folder: string): Promise<string | undefined> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (!entries) return undefined;
  const hash = createHash('sha256');
  const paths = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, isFile } of paths) {
    // A link has no content of its own, and a synth writes none.
    hash.update(`${relative(folder, path)}\0${isFile ? await digestOfFile(path) : 'no file'}\0`);
  }
  return hash.digest('hex');
}

async function digestOfFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
