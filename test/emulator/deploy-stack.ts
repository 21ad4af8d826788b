import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { deployWithCdk } from '../aws/deploy-with-cdk.ts';
import { destroyStack } from '../aws/destroy-stack.ts';
import type { Stack } from '../helpers/stack.ts';
import type { EmulatorTarget } from '../helpers/target.ts';
import { CREDENTIALS, emulatorVariables, REGION, WITHOUT_ALARMS } from './cdk.ts';
import { createDatabase, putSecret } from './data-api.ts';
import { mendStack } from './mend.ts';
import { readDeployed } from './deployed-stack.ts';

/** Deploys a new stack with these settings to an emulator. Ending the stack destroys it. */
export async function deployStack(target: EmulatorTarget, settings: Record<string, string>): Promise<Stack> {
  const { awsEndpointUrl, dataApiUrl } = target;
  const name = `errand${randomBytes(4).toString('hex')}`;
  const folder = await mkdtemp(path.join(os.tmpdir(), 'errand-deploy-'));
  const { outputs, template } = await deployWithCdk({
    name,
    awsVariables: emulatorVariables(awsEndpointUrl),
    settings: {
      ...WITHOUT_ALARMS,
      ...settings,
      ...(dataApiUrl !== undefined && (await createDatabase(dataApiUrl, name))),
    },
    folder,
  });
  await completeDeployment(target, outputs, template);
  return {
    apiUrl: pathStyle(outputs.ApiUrl ?? '', awsEndpointUrl),
    outputs,
    awsEndpointUrl,
    dataApiUrl,
    logs: [],
    async end() {
      const left = await destroyStack(
        { endpoint: awsEndpointUrl, region: REGION, credentials: CREDENTIALS },
        name,
      );
      await rm(folder, { recursive: true, force: true });
      if (left.length > 0) throw new Error(`Left behind: ${left.map(({ what }) => what).join(', ')}.`);
    },
  };
}

/**
 * Completes a deployment: sets the properties that MiniStack omits, and passes the secret to the Data API, which can't read the emulator's secrets.
 */
export async function completeDeployment(
  target: EmulatorTarget,
  outputs: Readonly<Record<string, string>>,
  template: string,
): Promise<void> {
  if (target.kind === 'ministack') await mendStack(target.awsEndpointUrl, readDeployed(template, outputs));
  if (target.dataApiUrl !== undefined)
    await shareSecret(target.awsEndpointUrl, target.dataApiUrl, outputs.ApplicationSecretArn);
}

/** Passes the functions' secret to the separate Data API, so that the Data API can check the functions' login. The emulator generated the secret. */
export async function shareSecret(endpoint: string, dataApiUrl: string, SecretId = ''): Promise<void> {
  const secrets = new SecretsManagerClient({ endpoint, region: REGION, credentials: CREDENTIALS });
  const { SecretString = '' } = await secrets.send(new GetSecretValueCommand({ SecretId }));
  await putSecret(dataApiUrl, SecretId, SecretString);
  secrets.destroy();
}

/**
 * Rewrites an API's URL so that the path contains the API's id. Emulators accept this form. The host name `<id>.execute-api.…` does not resolve
 * locally.
 */
export function pathStyle(apiUrl: string, awsEndpointUrl: string): string {
  const [, id] = /^https?:\/\/([^.]+)\./.exec(apiUrl) ?? [];
  if (id === undefined) throw new Error(`The ApiUrl output is "${apiUrl}", which names no API.`);
  return `${awsEndpointUrl}/_aws/execute-api/${id}/$default`;
}
