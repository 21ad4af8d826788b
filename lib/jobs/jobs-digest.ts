import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleJobs } from './jobs-bundle.ts';

/**
 * Returns a digest of the jobs file and everything that it imports, including packages. The digest is empty if the file can't be bundled.
 *
 * @param entry absolute path of the jobs file
 */
export async function digestOfJobsFile(entry: string): Promise<string> {
  const outputDir = await mkdtemp(path.join(tmpdir(), 'errand-jobs-digest-'));
  try {
    bundleJobs({ entry, outputDir, platform: 'host' });
    return await readFile(path.join(outputDir, 'index.mjs'), 'utf8');
  } catch {
    return '';
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}
