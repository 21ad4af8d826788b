import { chmod, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { runSteps } from '../helpers/command-steps.ts';
import { installApp, type InstalledApp, type RunningApp } from './installed-app.ts';
import { packAll } from './pack.ts';

// `npm run test:packages`: what a new user does. The three packages are packed and installed into a project outside of this checkout, with the
// CDK app of `app/`; it is checked by tsc, synthesized, run by errand-local, and runs a job.

await runSteps('packages', async ({ signal, dir, step, begin }) => {
  const tarballFolder = path.join(dir, 'tarballs');
  await mkdir(tarballFolder);
  const tarballs = await step('packed', packAll(tarballFolder, signal));
  const folder = path.join(dir, 'app');
  // Root's PostgreSQL runs as another user, who must reach its programs.
  await chmod(dir, 0o711);
  const app = await step('installed', installApp(folder, tarballs.values(), signal));
  await step('checked by tsc', app.run('tsc', ['-p', 'tsconfig.app.json']));
  await step('synthesized', app.run('node', ['app.ts'], { CDK_OUTDIR: 'cdk.out' }));
  const running = await begin('started', app.start());
  const key = await step('API key', createKey(app, running));
  await step('a job over HTTP', runJob(app, running, key, signal));
  const caller = { ERRAND_URL: running.apiUrl, ERRAND_API_KEY: key };
  console.log(await step('a job by errand-client', app.run('node', ['submit.ts'], caller)));
  return 0;
});

/** Creates an API key with the installed command line. */
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

/** Submits a job over HTTP, and waits for its success with the installed command line. */
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
    throw new Error(`The submission was answered ${submitted.status}: ${await submitted.text()}`);
  const { job_id: jobId } = (await submitted.json()) as { job_id: string };
  const output = await app.run('errand', ['wait', jobId, '--timeout', '60', '--json'], {
    ERRAND_URL: apiUrl,
    ERRAND_API_KEY: key,
  });
  const { status } = JSON.parse(output) as { status: string };
  if (status !== 'success') throw new Error(`The job ended as ${status}: ${output}`);
}
