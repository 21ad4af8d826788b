import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { App, CfnOutput, Duration, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Code, Function, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { createErrand, type Errand } from 'errand-client';
import { startEmbeddedCloud, type EmbeddedCloud } from 'errand-local';
import { build } from 'esbuild';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { createKeyTable, type KeyTable } from '../../lambdas/access/key-table.ts';
import { Errand as ErrandConstruct } from '../../lib/errand.ts';
import { copyClusterTemplate } from '../helpers/cluster-template.ts';
import { PROJECT } from '../helpers/stack.ts';

// Deploys a user's stack to the embedded cloud. The stack contains an `Errand` construct, and a function with a grant to submit jobs.

let folder: string;
let cloud: EmbeddedCloud;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-grant-submit-'));
  await bundleCheckout();
  await synthesizeShop();
  await mkdir(path.join(folder, 'data'), { mode: 0o700 });
  await copyClusterTemplate(path.join(folder, 'data'));
  cloud = await start();
}, 180_000);

afterAll(async () => {
  await cloud.end();
  await rm(folder, { recursive: true, force: true });
});

/** Bundles the function's code and the SDK module that Lambda's runtime would provide. */
async function bundleCheckout(): Promise<void> {
  const options = { bundle: true, platform: 'node', format: 'esm', outExtension: { '.js': '.mjs' } } as const;
  await build({
    ...options,
    entryPoints: { index: path.join(import.meta.dirname, 'functions/checkout.ts') },
    outdir: path.join(folder, 'checkout'),
    conditions: ['errand-source'],
  });
  const sdk = path.join(folder, 'checkout/node_modules/@aws-sdk/client-secrets-manager');
  await build({
    ...options,
    stdin: {
      contents: `export { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'`,
      resolveDir: import.meta.dirname,
    },
    outdir: sdk,
    outExtension: {},
    // The bundle is an ES module, but the CommonJS packages in it need `require` to load Node's modules.
    banner: {
      js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
    },
  });
  await writeFile(path.join(sdk, 'package.json'), JSON.stringify({ type: 'module', exports: './stdin.js' }));
}

async function synthesizeShop(): Promise<void> {
  const cdk = JSON.parse(await readFile(path.join(PROJECT, 'cdk.json'), 'utf8')) as { context: object };
  const app = new App({ context: { ...cdk.context }, outdir: path.join(folder, 'cdk.out') });
  const shop = new Stack(app, 'Shop');
  const errand = new ErrandConstruct(shop, 'Jobs', { auth: 'api-key', deletionProtection: false });
  // The embedded cloud has no AWS managed policies, so the test creates the function's role and log group.
  const role = new Role(shop, 'CheckoutRole', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
  const logGroup = new LogGroup(shop, 'CheckoutLogs');
  logGroup.grantWrite(role);
  const checkout = new Function(shop, 'Checkout', {
    code: Code.fromAsset(path.join(folder, 'checkout')),
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
    timeout: Duration.seconds(30),
    role,
    logGroup,
  });
  errand.grantSubmit(checkout, { scopes: ['read', 'submit'], tenant: 'shop' });
  const parts = errand.node.findChild('Callers').node.findAll();
  const writer = parts.find((part) => part instanceof Function);
  const secret = parts.find((part) => part instanceof Secret);
  new CfnOutput(shop, 'CheckoutName', { value: checkout.functionName });
  new CfnOutput(shop, 'WriterName', { value: writer?.functionName ?? '' });
  new CfnOutput(shop, 'KeyTableName', { value: errand.authentication.keyTable?.tableName ?? '' });
  new CfnOutput(shop, 'SecretArn', { value: secret?.secretArn ?? '' });
  app.synth();
}

function start(): Promise<EmbeddedCloud> {
  return startEmbeddedCloud({
    assemblyDir: path.join(folder, 'cdk.out'),
    dataDir: path.join(folder, 'data'),
    httpPort: 0,
    awsPort: 0,
    log: () => undefined,
  });
}

function configuration() {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  return { endpoint: cloud.awsEndpointUrl, region: 'us-east-1', credentials };
}

async function invoke<Result>(output: string, event: object): Promise<Result> {
  const client = new LambdaClient(configuration());
  try {
    const { FunctionError: failure, Payload: payload } = await client.send(
      new InvokeCommand({ FunctionName: cloud.outputs[output], Payload: JSON.stringify(event) }),
    );
    const answer = payload?.transformToString() ?? '';
    if (failure !== undefined) throw new Error(answer);
    return JSON.parse(answer) as Result;
  } finally {
    client.destroy();
  }
}

/** Reads the API key in the function's secret. */
async function readKey(): Promise<{ key: string; keyId: string }> {
  const client = new SecretsManagerClient(configuration());
  try {
    const { SecretString: value = '' } = await client.send(
      new GetSecretValueCommand({ SecretId: cloud.outputs.SecretArn }),
    );
    const { prefix, secret } = JSON.parse(value) as { prefix: string; secret: string };
    return { key: prefix + secret, keyId: prefix.slice('errand_'.length, -1) };
  } finally {
    client.destroy();
  }
}

/** Creates a client with the API key in the function's secret. */
async function clientWithKey(): Promise<Errand> {
  const { key: apiKey } = await readKey();
  return createErrand({ url: cloud.apiUrl, apiKey, retries: 0 });
}

async function withKeyTable(use: (table: KeyTable) => Promise<unknown>): Promise<void> {
  const client = new DynamoDBClient(configuration());
  try {
    await use(createKeyTable(client, cloud.outputs.KeyTableName ?? '', () => new Date()));
  } finally {
    client.destroy();
  }
}

/**
 * Deletes the key's custom resource, as CloudFormation does when it deletes the stack, and returns the function's response.
 */
async function deleteKey(keyId: string): Promise<unknown> {
  let received = '';
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received = body;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    await invoke('WriterName', {
      RequestType: 'Delete',
      ResponseURL: `http://127.0.0.1:${port}/`,
      PhysicalResourceId: keyId,
      StackId: 'a-stack',
      RequestId: 'a-request',
      LogicalResourceId: 'a-resource',
      ResourceProperties: { secretArn: cloud.outputs.SecretArn },
    });
    return JSON.parse(received);
  } finally {
    server.close();
  }
}

describe('a function with a grant to submit', () => {
  it('submits a job without a URL or a key in its code', async () => {
    const first = await invoke('CheckoutName', { orderId: '1' });
    expect(first).toMatchObject({ status: 'success' });
    expect(await invoke('CheckoutName', { orderId: '1' })).toEqual(first);
  });

  it('has a key with the grant’s scopes and tenant', async () => {
    const { jobId } = await invoke<{ jobId: string }>('CheckoutName', { orderId: '2' });
    const errand = await clientWithKey();
    expect(await errand.get(jobId)).toMatchObject({ object_id: '2' });
    const { response } = await errand.http.GET('/v1/webhook-key');
    expect(response.status).toBe(403);
  });

  it('keeps its key at the next deployment', async () => {
    const { key } = await readKey();
    await cloud.end();
    cloud = await start();
    expect((await readKey()).key).toBe(key);
    expect(await invoke('CheckoutName', { orderId: '3' })).toMatchObject({ status: 'success' });
  });

  it('loses its key with the stack', async () => {
    const errand = await clientWithKey();
    const { keyId } = await readKey();
    expect(await deleteKey(keyId)).toMatchObject({ Status: 'SUCCESS', PhysicalResourceId: keyId });
    // The gateway has no cached decision for this route, so it calls the authorizer, which refuses the deleted key.
    await expect(errand.http.GET('/v1/schedules')).resolves.toMatchObject({ response: { status: 401 } });
    // CloudFormation may send the same event twice.
    expect(await deleteKey(keyId)).toMatchObject({ Status: 'SUCCESS' });
  });

  it('does not get a revoked key again at the next deployment', async () => {
    const { keyId } = await readKey();
    await cloud.end();
    cloud = await start();
    expect((await invoke<{ status: string }>('CheckoutName', { orderId: '4' })).status).toBe('success');
    await withKeyTable((table) => table.revoke(keyId));
    await cloud.end();
    cloud = await start();
    await expect(invoke('CheckoutName', { orderId: '5' })).rejects.toThrow(
      `The API key ${keyId} is revoked.`,
    );
  });
});
