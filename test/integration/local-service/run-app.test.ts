import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { runApp } from '../../../bin/local-service/app/run-app.ts';

let project: string;
let runs = 0;

beforeAll(async () => {
  project = await mkdtemp(path.join(os.tmpdir(), 'errand-run-app-'));
});
afterAll(() => rm(project, { recursive: true, force: true }));

/** Runs a script as the CDK app. @returns the assembly's folder */
async function run(
  script: string,
  signal = new AbortController().signal,
  target?: { account: string; region: string },
): Promise<string> {
  runs += 1;
  const assemblyDir = path.join(project, `cdk.out-${runs}`);
  await writeFile(path.join(project, 'app.mjs'), script);
  const command = `"${process.execPath}" app.mjs && true`;
  await runApp({
    command,
    project,
    assemblyDir,
    environment: { PATH: process.env.PATH, STAGE: 'test' },
    ...(target && { target }),
    signal,
  });
  return assemblyDir;
}

/** An app that writes its environment into the assembly. */
const ECHO = `
  import { readFileSync, writeFileSync } from 'node:fs';
  const { CDK_OUTDIR, CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, STAGE, CONTEXT_OVERFLOW_LOCATION_ENV } = process.env;
  const context = JSON.parse(readFileSync(CONTEXT_OVERFLOW_LOCATION_ENV));
  writeFileSync(CDK_OUTDIR + '/seen.json', JSON.stringify({ CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, STAGE, context }));
`;

describe('a CDK app', () => {
  it('gets the context of cdk.json and cdk.context.json, and the account and region of the embedded cloud', async () => {
    await writeFile(path.join(project, 'cdk.json'), '{"context":{"stage":"dev","size":1}}');
    await writeFile(path.join(project, 'cdk.context.json'), '{"vpc-provider:x":{"vpcId":"vpc-1"},"size":2}');
    const assemblyDir = await run(ECHO);
    expect(JSON.parse(await readFile(path.join(assemblyDir, 'seen.json'), 'utf8'))).toEqual({
      CDK_DEFAULT_ACCOUNT: '000000000000',
      CDK_DEFAULT_REGION: 'us-east-1',
      STAGE: 'test',
      context: expect.objectContaining({
        stage: 'dev',
        size: 1,
        'vpc-provider:x': { vpcId: 'vpc-1' },
        'errand:run-on-host': true,
      }),
    });
  });

  it('gets that account and region if it was synthesized for AWS, and does not run on this machine', async () => {
    const target = { account: '123456789012', region: 'eu-central-1' };
    const assemblyDir = await run(ECHO, undefined, target);
    const seen = JSON.parse(await readFile(path.join(assemblyDir, 'seen.json'), 'utf8')) as {
      context: object;
    };
    expect(seen).toMatchObject({ CDK_DEFAULT_ACCOUNT: '123456789012', CDK_DEFAULT_REGION: 'eu-central-1' });
    expect(seen.context).not.toHaveProperty('errand:run-on-host');
  });

  it.each([
    [
      'an error',
      `throw new Error('no name');`,
      /ended with exit code 1:\n(.*\n)*.*app\.mjs:1\n[^]*Error: no name/,
    ],
    ['an exit code', `process.exit(3);`, /ended with exit code 3 and wrote no error\.$/],
    ['a signal', `process.kill(process.pid, 'SIGKILL');`, /ended (by SIGKILL|with exit code 137)/],
  ])('that ends with %s fails with its own error', async (_name, script, message) => {
    await expect(run(script)).rejects.toThrow(message);
  });

  it('reports which project files it imports', async () => {
    await writeFile(path.join(project, 'names.cjs'), 'exports.name = "shop";');
    const script = path.join(project, 'importing.mjs');
    await writeFile(script, `import { name } from './names.cjs'; process.stderr.write(name);`);
    const imported = await runApp({
      command: `"${process.execPath}" importing.mjs`,
      project,
      assemblyDir: path.join(project, 'cdk.out-imports'),
      environment: { PATH: process.env.PATH },
      signal: new AbortController().signal,
    });
    expect([...imported].sort()).toEqual([script, path.join(project, 'names.cjs')]);
  });

  it('is shown without its stack trace if the jobs file is to blame', async () => {
    const script = `throw new TypeError("The jobs file jobs/index.ts can't be used:\\n  index.ts:3:1: oh no");`;
    await expect(run(script)).rejects.toThrow(
      /exit code 1:\nThe jobs file jobs\/index\.ts can't be used:\n {2}index\.ts:3:1: oh no$/,
    );
  });

  it('ends with all its processes when it is no longer needed', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const stopped = new AbortController();
    const running = run(`import { connect } from 'node:net'; connect(${port}, '127.0.0.1');`, stopped.signal);
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.on('error', () => undefined);
    stopped.abort(new Error('not needed'));
    await Promise.all([expect(running).rejects.toThrow('not needed'), once(socket, 'close')]);
    server.close();
  });

  it('is not run with a cdk.json that is not JSON', async () => {
    await writeFile(path.join(project, 'cdk.json'), '{');
    await expect(run(ECHO)).rejects.toThrow(/cdk\.json can't be read as JSON: /);
  });
});
