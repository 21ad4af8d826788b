import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendFile,
  copyFile,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { synthesize } from '../../../bin/local-service/synthesize.ts';

/** An app that records its arguments and environment. */
const APP = `
import { writeFileSync } from 'node:fs';
writeFileSync(process.env.CDK_OUTDIR + '/manifest.json', JSON.stringify({
  context: JSON.parse(process.env.CDK_CONTEXT_JSON), timeout: process.env.JOB_TIMEOUT, cwd: process.cwd() }));
`;

let projectDir: string;

beforeEach(async () => {
  projectDir = await mkdtemp(join(tmpdir(), 'errand-project-'));
  await mkdir(join(projectDir, 'bin'));
  await mkdir(join(projectDir, 'lambdas', 'api'), { recursive: true });
  await writeFile(join(projectDir, 'cdk.json'), JSON.stringify({ context: { colour: 'blue' } }));
  await writeFile(join(projectDir, 'lambdas', 'api', 'handler.ts'), '');
  await writeFile(join(projectDir, 'bin', 'errand.ts'), APP);
});

afterEach(() => rm(projectDir, { recursive: true }));

async function synth(environment: Record<string, string> = {}, signal = new AbortController().signal) {
  const assemblyDir = join(projectDir, 'data', 'cdk.out');
  const { reused } = await synthesize({ projectDir, assemblyDir, environment, signal });
  const manifest = JSON.parse(await readFile(join(assemblyDir, 'manifest.json'), 'utf8')) as object;
  return { reused, manifest };
}

describe('a synth', () => {
  it('runs the app in its folder, with the context of cdk.json and with the environment', async () => {
    const { reused, manifest } = await synth({ JOB_TIMEOUT: '7' });
    expect(reused).toBe(false);
    expect(manifest).toMatchObject({ context: { colour: 'blue' }, timeout: '7', cwd: projectDir });
  });

  it('is not repeated while its inputs are unchanged, whatever the terminal', async () => {
    await synth({ JOB_TIMEOUT: '7', TERM: 'xterm', npm_lifecycle_event: 'start', PORT: '3000' });
    expect(await synth({ JOB_TIMEOUT: '7', TERM: 'dumb' })).toMatchObject({ reused: true });
  });

  it.each([
    ['a source', () => writeFile(join(projectDir, 'lambdas', 'api', 'handler.ts'), 'export {};')],
    ['a new file', () => writeFile(join(projectDir, 'lambdas', 'new.ts'), '')],
    ['a deleted file', () => rm(join(projectDir, 'lambdas', 'api', 'handler.ts'))],
    ['cdk.json', () => writeFile(join(projectDir, 'cdk.json'), '{}')],
  ])('is repeated after a change of %s', async (_what, change) => {
    await synth();
    await change();
    expect(await synth()).toMatchObject({ reused: false });
  });

  it('is repeated after a change of any variable that the app may read', async () => {
    await synth({ JOB_TIMEOUT: '7' });
    expect(await synth({ JOB_TIMEOUT: '8' })).toMatchObject({ reused: false, manifest: { timeout: '8' } });
    expect(await synth()).toMatchObject({ reused: false });
  });

  it('is repeated if the assembly was deleted', async () => {
    await synth();
    await rm(join(projectDir, 'data', 'cdk.out'), { recursive: true });
    expect(await synth()).toMatchObject({ reused: false });
  });

  it.each([
    ['a file', (folder: string) => appendFile(join(folder, 'manifest.json'), ' ')],
    ['a new file', (folder: string) => writeFile(join(folder, 'new.mjs'), '')],
    [
      'a file and its digest',
      async (folder: string) => {
        const digests = (await readdir(folder)).filter((name) => name !== 'manifest.json');
        await appendFile(join(folder, 'manifest.json'), ' ');
        for (const digest of digests) await copyFile(join(folder, 'manifest.json'), join(folder, digest));
      },
    ],
    [
      'a file replaced by a link',
      async (folder: string) => {
        await rename(join(folder, 'manifest.json'), join(projectDir, 'elsewhere'));
        await symlink(join(projectDir, 'elsewhere'), join(folder, 'manifest.json'));
      },
    ],
  ])('is repeated if the assembly was changed: %s', async (_what, change) => {
    await synth();
    await change(join(projectDir, 'data', 'cdk.out'));
    expect(await synth()).toMatchObject({ reused: false });
    expect(await synth()).toMatchObject({ reused: true });
  });

  it('writes an assembly that no other user can read or write', async () => {
    await writeFile(
      join(projectDir, 'bin', 'errand.ts'),
      `${APP} import { chmodSync, mkdirSync } from 'node:fs';
      mkdirSync(process.env.CDK_OUTDIR + '/asset'); chmodSync(process.env.CDK_OUTDIR + '/asset', 0o777);`,
    );
    await synth();
    for (const name of ['', 'asset', 'manifest.json']) {
      expect((await stat(join(projectDir, 'data', 'cdk.out', name))).mode & 0o077).toBe(0);
    }
  });

  it.each([
    [
      'in its own words',
      `process.stderr.write('JOB_TIMEOUT "901" is above 900.\\n'); process.exit(1);`,
      'JOB_TIMEOUT "901" is above 900.',
    ],
    [
      'by the error that it threw',
      `throw new TypeError('no such construct');`,
      'TypeError: no such construct',
    ],
    ['with nothing to go by', 'process.exit(3);', 'the app ended without a message'],
  ])('that fails prints the reason, %s', async (_how, app, reason) => {
    await writeFile(join(projectDir, 'bin', 'errand.ts'), app);
    await expect(synth()).rejects.toThrow(new Error(`The stack cannot be synthesized: ${reason}`));
  });

  it('that fails leaves no assembly that could be mistaken for a new one', async () => {
    await synth();
    await writeFile(join(projectDir, 'bin', 'errand.ts'), 'process.exit(1);');
    await expect(synth()).rejects.toThrow();
    await writeFile(join(projectDir, 'bin', 'errand.ts'), APP);
    expect(await synth()).toMatchObject({ reused: false });
  });

  it('can be aborted', async () => {
    await writeFile(join(projectDir, 'bin', 'errand.ts'), 'setInterval(() => {}, 1000);');
    const told = new AbortController();
    const synthesizing = synth({}, told.signal);
    told.abort();
    await expect(synthesizing).rejects.toThrow(/abort/i);
  });
});
