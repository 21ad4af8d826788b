import { openAsBlob } from 'node:fs';
import { access, constants, stat } from 'node:fs/promises';
import { InvalidArgumentError } from 'commander';

/**
 * The file of a submission, which is read only as it is sent.
 *
 * @param payload of the submission, into which the file's key will go
 * @throws InvalidArgumentError for a file that can't be read, and a payload that the key can't go into
 */
export async function openFile(path: string, payload: unknown): Promise<Blob> {
  if (payload !== undefined && (typeof payload !== 'object' || payload === null || Array.isArray(payload))) {
    throw new InvalidArgumentError(
      '--payload must be an object where --file is given: the file goes into it',
    );
  }
  if (payload !== undefined && 'file' in payload) {
    throw new InvalidArgumentError('--payload has a "file" already; give either that or --file');
  }
  try {
    if (!(await stat(path)).isFile()) throw new Error('it is no file');
    await access(path, constants.R_OK);
    return await openAsBlob(path);
  } catch (error) {
    throw new InvalidArgumentError(`--file ${path} can't be read: ${(error as Error).message}`);
  }
}
