import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { bundleJobs, type JobsBundling } from '../../../lib/jobs/jobs-bundle.ts';
import { readCatalogue } from '../../../lib/jobs/read-catalogue.ts';
import type { Catalogue } from '../../../lambdas/job/catalogue.ts';

/** Returns the path of a jobs file in test/jobs-files. */
export function jobsFile(name: string): string {
  return path.resolve(import.meta.dirname, `../../jobs-files/${name}.ts`);
}

/** Bundles a jobs file for this machine, into a temporary folder. */
export async function bundled(entry: string, bundling: JobsBundling = {}): Promise<string> {
  const outputDir = await mkdtemp(path.join(tmpdir(), 'errand-jobs-'));
  bundleJobs({ entry, outputDir, platform: 'host', ...bundling });
  return outputDir;
}

/** Returns the catalog of a jobs file in test/jobs-files. */
export async function catalogueOf(
  name: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<Catalogue> {
  const entry = jobsFile(name);
  const folder = await bundled(entry);
  return readCatalogue({ jobsFile: entry, bundle: path.join(folder, 'index.mjs'), environment });
}
