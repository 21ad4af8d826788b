import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { DeleteObjectsCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Stack } from '../helpers/stack.ts';
import type { EmulatorTarget } from '../helpers/target.ts';
import { cdk, CREDENTIALS, REGION } from './cdk.ts';
import { createDatabase, putSecret } from './data-api.ts';
import { mendStack } from './mend.ts';
import { readDeployed } from './deployed-stack.ts';

/** Deploys a stack of its own with these settings into an emulator; ending it destroys it. */
export async function deployStack(target: EmulatorTarget, settings: Record<string, string>): Promise<Stack> {
  const { awsEndpointUrl, dataApiUrl } = target;
  const name = `errand${randomBytes(4).toString('hex')}`;
  const environment = {
    ...settings,
    ...(dataApiUrl !== undefined && (await createDatabase(dataApiUrl, name))),
    STACK_NAME: name,
    DELETION_PROTECTION: 'false',
  };
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-deploy-'));
  const assemblyDir = path.join(folder, 'cdk.out');
  const outputsFile = path.join(folder, 'outputs.json');
  const deploy = ['deploy', '--require-approval', 'never', '--output', assemblyDir];
  await cdk(awsEndpointUrl, [...deploy, '--outputs-file', outputsFile], environment);
  const deployed = JSON.parse(await readFile(outputsFile, 'utf8')) as Record<string, Record<string, string>>;
  const outputs = deployed[name] ?? {};
  if (target.kind === 'ministack') {
    const template = await readFile(path.join(assemblyDir, `${name}.template.json`), 'utf8');
    await mendStack(awsEndpointUrl, readDeployed(template, outputs));
  }
  if (dataApiUrl !== undefined) await shareSecret(target, dataApiUrl, outputs.ApplicationSecretArn);
  return {
    apiUrl: pathStyle(outputs.ApiUrl ?? '', awsEndpointUrl),
    outputs,
    awsEndpointUrl,
    dataApiUrl,
    logs: [],
    async end() {
      await emptyBucket(awsEndpointUrl, outputs.UploadsBucketName);
      await cdk(awsEndpointUrl, ['destroy', '--force', '--app', assemblyDir], environment);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The functions log in with a secret that the emulator made up; the Data API beside it judges the login. */
async function shareSecret(
  { awsEndpointUrl: endpoint }: EmulatorTarget,
  dataApiUrl: string,
  SecretId = '',
): Promise<void> {
  const secrets = new SecretsManagerClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  await putSecret(dataApiUrl, SecretId, SecretString);
  secrets.destroy();
}

/** The host name of an API, `<id>.execute-api.…`, is known to nobody here; emulators take its id in the path as well. */
function pathStyle(apiUrl: string, awsEndpointUrl: string): string {
  const [, id] = /^https?:\/\/([^.]+)\./.exec(apiUrl) ?? [];
  if (id === undefined) throw new Error(`The output ApiUrl is "${apiUrl}", which names no API.`);
  return `${awsEndpointUrl}/_aws/execute-api/${id}/$default`;
}

/** CloudFormation deletes no bucket with files in it. */
async function emptyBucket(endpoint: string, bucket: string | undefined): Promise<void> {
  const s3 = new S3Client({ endpoint, region: REGION, credentials: CREDENTIALS });
  const { Contents: files = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
  const objects = files.map(({ Key }) => ({ Key }));
  if (objects.length > 0)
    await s3.send(new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: objects } }));
  s3.destroy();
}
