import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Template } from 'aws-cdk-lib/assertions';
import { readAssembly } from 'errand-local/template/assembly';
import { functionOf } from './errand-template.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');

/** The environment variables that Lambda sets for every function. */
const SET_BY_LAMBDA = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'key',
  AWS_SECRET_ACCESS_KEY: 'secret',
  AWS_SESSION_TOKEN: 'token',
};

/** Runs the CDK app as the CDK CLI does. The PATH contains only Node, so Docker and npx are unavailable. */
async function runApp(
  assemblyDir: string,
  settings: NodeJS.ProcessEnv = {},
): Promise<{ code: number; stderr: string }> {
  const env = {
    PATH: path.dirname(process.execPath),
    CDK_OUTDIR: assemblyDir,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    // The CDK takes seconds to validate a template, so only one run enables the validation.
    CDK_VALIDATION: 'false',
    ...settings,
  };
  return run(process.execPath, [path.join(root, 'bin/errand.ts')], { cwd: os.tmpdir(), env }).then(
    ({ stderr }) => ({ code: 0, stderr }),
    (error: unknown) => error as { code: number; stderr: string },
  );
}

describe('the CDK app', () => {
  let assemblyDir: string;
  let template: Template;

  beforeAll(async () => {
    assemblyDir = await mkdtemp(path.join(os.tmpdir(), 'errand-assembly-'));
    const { code, stderr } = await runApp(assemblyDir, { CDK_VALIDATION: undefined });
    if (code !== 0) throw new Error(stderr);
    const text = await readFile(path.join(assemblyDir, 'Errand.template.json'), 'utf8');
    template = Template.fromJSON(JSON.parse(text) as Record<string, unknown>);
  }, 120_000);

  afterAll(() => rm(assemblyDir, { recursive: true, force: true }));

  /** Returns the folder that a deployment would upload as the function's code. */
  async function codeOf(part: string): Promise<string> {
    const { S3Key } = functionOf(template, part).Code as { S3Key: string };
    const manifest = JSON.parse(await readFile(path.join(assemblyDir, 'Errand.assets.json'), 'utf8')) as {
      files: Record<string, { source: { path: string } }>;
    };
    const asset = manifest.files[path.basename(S3Key, '.zip')];
    if (asset === undefined) throw new Error(`The manifest has no asset ${S3Key}.`);
    return path.join(assemblyDir, asset.source.path);
  }

  it('writes a template that matches CloudFormation’s schemas', async () => {
    const report = await readFile(path.join(assemblyDir, 'validation-report.json'), 'utf8');
    expect(JSON.parse(report)).toMatchObject({ pluginReports: [] });
  });

  it.each(['Api', 'Worker', 'DeadLetter', 'Sweeper', 'Migrations', 'Preflight'])(
    'bundles the %s function so that it starts with only Node and its environment',
    async (part) => {
      const { Environment: environment = { Variables: {} } } = functionOf(template, part);
      const { Variables } = environment as { Variables: Record<string, unknown> };
      const variables = Object.entries(Variables).map(([name, value]) => [name, deployed(value)]);
      const bundle = pathToFileURL(path.join(await codeOf(part), 'index.mjs')).href;
      const script = `import { handler } from ${JSON.stringify(bundle)}; console.log(typeof handler);`;
      const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: assemblyDir,
        env: { ...SET_BY_LAMBDA, ...(Object.fromEntries(variables) as NodeJS.ProcessEnv) },
      });
      expect(stdout.trim()).toBe('function');
    },
  );

  it('puts the migrations next to the function that applies them', async () => {
    const migrations = await readdir(path.join(await codeOf('Migrations'), 'migrations'));
    expect(migrations).toEqual(await readdir(path.join(root, 'migrations')));
    expect(migrations.length).toBeGreaterThan(0);
  });

  it('warns about probably misspelled settings in the environment and in the context', async () => {
    const warned = await mkdtemp(path.join(os.tmpdir(), 'errand-warned-'));
    const context = { JOB_PREFECTH: 5, 'aws:cdk:bundling-stacks': [] };
    const settings = { JOB_TIMOUT: '60', CDK_CONTEXT_JSON: JSON.stringify(context) };
    const { code, stderr } = await runApp(warned, settings);
    const { warnings } = await readAssembly(warned);
    await rm(warned, { recursive: true });
    const expected = [
      'The environment variable JOB_TIMOUT is not a setting and has no effect. Did you mean JOB_TIMEOUT?',
      'The CDK context key JOB_PREFECTH is not a setting and has no effect. Did you mean JOB_PREFETCH?',
    ];
    expect(code).toBe(0);
    // `npm start` and the CDK CLI both print the assembly's warnings.
    expect(warnings).toEqual(expected);
    for (const warning of expected) expect(stderr).toContain(warning);
  });

  it('warns about misspelled settings even if it refuses others', async () => {
    const refused = await mkdtemp(path.join(os.tmpdir(), 'errand-refused-'));
    const { code, stderr } = await runApp(refused, { AUTH: 'none', ALLOW_UNAUTHENTICATE: 'true' });
    await rm(refused, { recursive: true });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^Warning: .* ALLOW_UNAUTHENTICATE .* Did you mean ALLOW_UNAUTHENTICATED\?$/),
      expect.stringMatching(/^AUTH "none" lets anyone on the internet/),
    ]);
  });

  it('refuses invalid settings with one line each, and writes nothing', async () => {
    const refused = await mkdtemp(path.join(os.tmpdir(), 'errand-refused-'));
    const { code, stderr } = await runApp(refused, { JOB_TIMEOUT: '901', AUTH: 'none' });
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      'JOB_TIMEOUT is "901". Use a whole number of seconds from 1 to 900.',
      expect.stringMatching(/^AUTH "none" lets anyone on the internet/),
    ]);
    expect(await readdir(refused)).not.toContain('Errand.template.json');
    await rm(refused, { recursive: true });
  });
});

/** Returns an environment variable's value before the deployment. A placeholder replaces each reference to another resource. */
function deployed(value: unknown): string {
  if (typeof value === 'string') return value;
  const { 'Fn::Join': join } = value as { 'Fn::Join'?: [delimiter: string, parts: unknown[]] };
  return join ? join[1].map(deployed).join(join[0]) : 'known-after-deployment';
}
