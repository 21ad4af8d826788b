import { deepEqual, equal, ok } from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import sharp from 'sharp';
import { runSteps } from '../helpers/command-steps.ts';
import { installApp, type InstalledApp, type RunningApp } from './installed-app.ts';
import { checkNewProject } from './new-project.ts';
import { packAll } from './pack.ts';
import { followOrdersTutorial } from './tutorial-orders.ts';

// Runs `npm run test:packages`, which follows a new user's steps. The test packs the three packages, and installs them into three projects outside
// this checkout. `errand init` creates two of the projects, in which the test follows the tutorials. One of the two is deployed to MiniStack as the
// documentation describes. The third project is the CDK app in `app/`. This app is type-checked, synthesized, and run by errand-local with a built-in
// job and the project's own jobs in two queues.

await runSteps('packages', async (steps) => {
  const { signal, dir, step, begin } = steps;
  const tarballFolder = path.join(dir, 'tarballs');
  await mkdir(tarballFolder);
  const tarballs = await step('packed', packAll(tarballFolder, signal));
  // If the test runs as root, PostgreSQL runs as another user. That user must be able to read PostgreSQL's programs.
  await chmod(dir, 0o711);
  await checkNewProject(path.join(dir, 'new-project'), tarballs.values(), steps);
  await followOrdersTutorial(path.join(dir, 'orders'), tarballs.values(), steps);
  const folder = path.join(dir, 'app');
  const app = await step('installed', installApp(folder, tarballs.values(), signal));
  await step('checked by tsc', app.run('tsc', ['-p', 'tsconfig.app.json']));
  await step('synthesized for Lambda', app.run('node', ['app.ts'], { CDK_OUTDIR: 'lambda.out' }));
  await checkWorkers(path.join(folder, 'lambda.out'));
  const onHost = { CDK_OUTDIR: 'cdk.out', CDK_CONTEXT_JSON: '{"errand:run-on-host":true}' };
  await step('synthesized for errand-local', app.run('node', ['app.ts'], onHost));
  const running = await begin('started', app.start());
  const key = await step('API key', createKey(app, running));
  await step('a job over HTTP', runJob(app, running, key, signal));
  const caller = { ERRAND_URL: running.apiUrl, ERRAND_API_KEY: key };
  await putPhoto(running);
  const output = await step('one of its own jobs with errand-client', app.run('node', ['submit.ts'], caller));
  deepEqual(JSON.parse(output), {
    width: 16,
    type: 'image/png',
    result: { announced: 'CAT.PNG IS 16 WIDE' },
  });
  return 0;
});

/** Creates an API key with the installed `errand` command. */
async function createKey(app: InstalledApp, { awsEndpointUrl, outputs }: RunningApp): Promise<string> {
  const words = ['key', 'create', '--table', outputs.KeyTableName ?? '', '--scopes', 'read,submit', '--json'];
  const created = await app.run('errand', words, {
    AWS_ENDPOINT_URL: awsEndpointUrl,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'embedded',
  });
  return (JSON.parse(created) as { key: string }).key;
}

/** Submits a job over HTTP, and waits with the installed `errand` command until the job has succeeded. */
async function runJob(
  app: InstalledApp,
  { apiUrl }: RunningApp,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const submitted = await fetch(`${apiUrl}/v1/jobs`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ type: 'sleep', object_id: 'order-1', payload: { seconds: 0.1 } }),
    signal,
  });
  if (submitted.status !== 201)
    throw new Error(`The submission got ${submitted.status}: ${await submitted.text()}`);
  const { job_id: jobId } = (await submitted.json()) as { job_id: string };
  const output = await app.run('errand', ['wait', jobId, '--timeout', '60', '--json'], {
    ERRAND_URL: apiUrl,
    ERRAND_API_KEY: key,
  });
  const { status } = JSON.parse(output) as { status: string };
  if (status !== 'success') throw new Error(`The job ended as ${status}: ${output}`);
}

interface FunctionResource {
  readonly Properties: {
    readonly Description?: string;
    readonly Code: { readonly S3Key: string };
    readonly Timeout: number;
    readonly MemorySize: number;
    readonly ReservedConcurrentExecutions?: number;
    readonly Architectures: readonly string[];
    readonly Role: unknown;
    readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
  };
}

/** Checks that each queue has its own worker, limits and role, and that the worker's `sharp` package is built for Lambda. */
async function checkWorkers(assembly: string): Promise<void> {
  const template = JSON.parse(await readFile(path.join(assembly, 'Shop.template.json'), 'utf8')) as {
    Resources: Record<string, FunctionResource & { Type: string }>;
  };
  const workerWith = (description: string): FunctionResource['Properties'] => {
    const found = Object.values(template.Resources).find(
      ({ Type, Properties }) => Type === 'AWS::Lambda::Function' && Properties.Description === description,
    );
    if (!found) throw new Error(`The template has no function "${description}".`);
    return found.Properties;
  };
  const standard = workerWith('Runs jobs.');
  const images = workerWith('Runs the jobs in the images queue.');
  const limits = ({ Timeout, MemorySize, ReservedConcurrentExecutions }: FunctionResource['Properties']) => [
    Timeout,
    MemorySize,
    ReservedConcurrentExecutions,
  ];
  deepEqual(limits(standard), [30, 1024, 10]);
  deepEqual(limits(images), [120, 2048, 3]);
  equal(standard.Environment.Variables.PHOTOS_BUCKET, undefined);
  ok(images.Environment.Variables.PHOTOS_BUCKET);
  ok(JSON.stringify(standard.Role) !== JSON.stringify(images.Role), 'The workers share a role.');
  for (const { Code, Architectures } of [standard, images]) {
    deepEqual(Architectures, ['arm64']);
    const asset = path.join(assembly, `asset.${Code.S3Key.replace(/\.zip$/, '')}`);
    const builds = await readdir(path.join(asset, 'jobs/node_modules/@img'));
    ok(
      builds.includes('sharp-linux-arm64'),
      `The code has no build of sharp for Lambda: ${builds.join(', ')}`,
    );
  }
}

/** Uploads a picture to the project's own bucket. */
async function putPhoto({ awsEndpointUrl, outputs }: RunningApp): Promise<void> {
  const client = new S3Client({
    endpoint: awsEndpointUrl,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId: 'test', secretAccessKey: 'embedded' },
  });
  const Body = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'blue' } })
    .png()
    .toBuffer();
  await client.send(new PutObjectCommand({ Bucket: outputs.PhotosBucketName, Key: 'cat.png', Body }));
  client.destroy();
}
