import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { createKeyTable } from '../access/key-table.ts';
import { createDynamoDbClient } from '../adapters/clients.ts';
import { provideCustomResource } from '../adapters/custom-resource.ts';
import { createSecretReader, createSecretsManagerClient } from '../adapters/secret-reader.ts';
import { createLog } from '../adapters/system.ts';
import { environments, readEnvironment } from '../environment.ts';
import { applyFunctionKey, type FunctionKey } from './function-key.ts';

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
    async apply(request) {
      if (request.RequestType === 'Delete') {
        await keys.delete(request.PhysicalResourceId);
        return { id: request.PhysicalResourceId };
      }
      const properties = request.ResourceProperties as unknown as FunctionKey;
      const { secretArn } = properties;
      const failure = `The secret ${secretArn} could not be read.`;
      const readSecret = createSecretReader(secretsManager, secretArn, now, failure);
      return { id: await applyFunctionKey(properties, await readSecret(), keys) };
    },
    failure: 'The API key of a function was not written',
    log,
  });
}
