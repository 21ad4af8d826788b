import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An open store in the data folder. */
export interface DataStore {
  /** The store's folder within the data folder. */
  readonly folder: string;
  /** Whether the store is empty. Stores are empty until the first deployment. */
  isEmpty(): boolean | Promise<boolean>;
}

/** Records which stores in a data folder have contained data, so that lost data is not mistaken for a first start. */
export interface StoreRegister {
  /** @throws a one-line Error if a store that used to contain data is empty */
  check(stores: readonly DataStore[]): Promise<void>;
  /** Records the stores that now contain data. */
  note(stores: readonly DataStore[]): Promise<void>;
}

/** @throws a one-line Error if the register's file is corrupt */
export async function openStoreRegister(dataDir: string): Promise<StoreRegister> {
  const file = join(dataDir, 'stores.json');
  const known = new Set(await read(file));
  return {
    async check(stores) {
      for (const store of stores) {
        if (!known.has(store.folder) || !(await store.isEmpty())) continue;
        throw new Error(
          `The data in ${join(dataDir, store.folder)} is gone: the folder held data, and is empty now. Put it back from a backup; ` +
            `delete ${dataDir} to start afresh; or delete ${file} to go on without that data.`,
        );
      }
    },
    async note(stores) {
      const before = known.size;
      for (const store of stores) if (!(await store.isEmpty())) known.add(store.folder);
      if (known.size === before) return;
      // A rename is atomic: after a crash, either the old or the new file exists.
      await writeFile(`${file}.new`, JSON.stringify([...known].sort()), { mode: 0o600 });
      await rename(`${file}.new`, file);
    },
  };
}

async function read(file: string): Promise<string[]> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as string[];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new Error(`${file} is damaged; delete it if the data in its folder is complete`, { cause: error });
  }
}
