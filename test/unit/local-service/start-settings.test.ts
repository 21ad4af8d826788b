import { expect, it } from '@jest/globals';
import { withRemedy } from '../../../bin/local-service/start-settings.ts';

const FOLDER = '/home/ada/shop/.errand';

function remedyFor(code: string): string {
  const error = Object.assign(new Error(`${code}: it failed, mkdir '${FOLDER}/sqs'`), { code });
  return (withRemedy(error, FOLDER) as Error).message;
}

it.each([
  ['EACCES', 'Give your user write permission there, or set ERRAND_DATA_DIR to a folder of your own.'],
  ['EPERM', 'Give your user write permission there, or set ERRAND_DATA_DIR to a folder of your own.'],
  ['EROFS', 'The file system is read-only: set ERRAND_DATA_DIR to a folder of your own.'],
  ['ENOSPC', 'The disk is full: free some space, or set ERRAND_DATA_DIR to a folder on another disk.'],
])('the error for %s in the data folder does not advise deleting the folder', (code, remedy) => {
  expect(remedyFor(code)).toBe(
    `The data folder ${FOLDER} cannot be used: ${code}: it failed, mkdir '${FOLDER}/sqs'. ${remedy}`,
  );
});

it('the error for a file in place of a folder advises deleting it', () => {
  expect(remedyFor('ENOTDIR')).toMatch(
    / Delete it to start afresh, or set ERRAND_DATA_DIR to another folder\.$/,
  );
});

it('an error outside the data folder is unchanged', () => {
  const error = Object.assign(new Error('EACCES: permission denied, /etc/shadow'), { code: 'EACCES' });
  expect(withRemedy(error, FOLDER)).toBe(error);
});
