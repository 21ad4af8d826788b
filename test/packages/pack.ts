import { stat } from 'node:fs/promises';
import path from 'node:path';
import { run } from '../helpers/commands.ts';

/** The published packages, and the size limit of each tarball in bytes. */
const LIMITS: Readonly<Record<string, number>> = {
  errand: 3_300_000,
  'errand-client': 100_000,
  'errand-local': 2_000_000,
};

/**
 * Builds all of the repository's published packages, and packs them into a folder.
 *
 * @returns the tarballs, by package name
 * @throws Error that names each package that is too large
 */
export async function packAll(folder: string, signal: AbortSignal): Promise<Map<string, string>> {
  const workspaces = Object.keys(LIMITS)
    .filter((name) => name !== 'errand')
    .flatMap((name) => ['--workspace', name]);
  const words = ['pack', ...workspaces, '--include-workspace-root', '--pack-destination', folder, '--json'];
  const output = await run('npm', words, process.env, signal);
  const tarballs = new Map<string, string>();
  const tooHeavy: string[] = [];
  for (const { name, filename } of packed(output)) {
    const tarball = path.join(folder, filename);
    const { size } = await stat(tarball);
    console.log(`  ${name}: ${(size / 1000).toFixed(0)} KB`);
    if (size > (LIMITS[name] ?? 0))
      tooHeavy.push(`${name} has ${size} bytes, more than ${LIMITS[name] ?? 0}`);
    tarballs.set(name, tarball);
  }
  if (tooHeavy.length > 0) throw new Error(tooHeavy.join('\n'));
  if (tarballs.size !== Object.keys(LIMITS).length)
    throw new Error(`Packed: ${[...tarballs.keys()].join(', ')}`);
  return tarballs;
}

function packed(output: string): { name: string; filename: string }[] {
  return JSON.parse(output) as { name: string; filename: string }[];
}
