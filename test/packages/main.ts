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
  await step('checked by tsc', app.run('tsc', ['-p', '.']));
  await step('synthesized', app.run('node', ['app.ts'], { CDK_OUTDIR: 'cdk.out' }));
  const running = await begin('started', app.start());
  await step('a job succeeded', runJob(app, running, signal));
  return 0;
});

/** Creates a key with the installed command line, and submits a job over HTTP. */
async function runJob(app: InstalledApp, running: RunningApp, signal: AbortSignal): Promise<void> {
  const { apiUrl, awsEndpointUrl, outputs } = running;
  const created = await app.run(
    'errand',
    ['key', 'create', '--table', outputs.KeyTableName ?? '', '--scopes', 'read,submit', '--json'],
    {
      AWS_ENDPOINT_URL: awsEndpointUrl,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'embedded',
    },
  );
  const { key } = JSON.parse(created) as { key: string };
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const submitted = await fetch(`${apiUrl}/v1/jobs`, {
    method: 'POST',
    headers,
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
