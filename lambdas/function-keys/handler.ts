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
 * The custom resource that gives a function its API key. Writes the key that CloudFormation generated to the key table, and
 * deletes the key when the resource is deleted.
 */
export async function handler(event: CloudFormationCustomResourceEvent, context: Context): Promise<void> {
  await provideCustomResource(event, context, {
    apply,
    failure: 'A function’s API key was not written or deleted',
    log,
  });
}

/**
 * Applies a CloudFormation event. The resource's id is the id of the function's first key. The id never changes;
 * otherwise, CloudFormation would delete the old key whenever a key is replaced.
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
        'If a rotation stored another key in the secret, that key is not deleted.',
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
