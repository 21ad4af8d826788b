import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { createKeyTable } from '../access/key-table.ts';
import { createDynamoDbClient } from '../adapters/dynamodb/client.ts';
import { provideCustomResource } from '../adapters/custom-resource.ts';
import { createSecretReader, createSecretsManagerClient } from '../adapters/secret-reader.ts';
import { createLog } from '../adapters/system.ts';
import { environments, readEnvironment } from '../environment.ts';
import { deleteFunctionKeys, writeFunctionKey, type FunctionKey } from './function-key.ts';

const { keyTableName } = readEnvironment(environments['function-keys']);
const log = createLog();
const now = (): Date => new Date();
const keys = createKeyTable(createDynamoDbClient(), keyTableName, now);
const secretsManager = createSecretsManagerClient();

/**
 * The custom resource "this function has an API key": writes the key that CloudFormation generated into the key table, and deletes
 * it with the resource.
 */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  await provideCustomResource(event, context, {
    apply,
    failure: 'A function’s API key was not written or deleted',
    log,
  });
}

/**
 * The resource's id is the id of its first key. The id stays the same, so that CloudFormation does not delete a key when another
 * one replaces it.
 */
async function apply(event: CloudFormationCustomResourceEvent): Promise<{ id: string }> {
  const properties = event.ResourceProperties as unknown as FunctionKey;
  const { secretArn } = properties;
  const failure = `The secret ${secretArn} could not be read.`;
  const readSecret = createSecretReader(secretsManager, secretArn, now, failure);
  if (event.RequestType === 'Delete') {
    const secret = await readSecret().catch((error: unknown) => {
      log.warn(
        'rotated_key_not_deleted',
        'A key that was put into the secret by a rotation is not deleted.',
        { error },
      );
      return undefined;
    });
    await deleteFunctionKeys(event.PhysicalResourceId, secret, keys);
    return { id: event.PhysicalResourceId };
  }
  const keyId = await writeFunctionKey(properties, await readSecret(), keys);
  return { id: event.RequestType === 'Update' ? event.PhysicalResourceId : keyId };
}
