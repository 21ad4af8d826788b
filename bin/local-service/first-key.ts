import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createKeyTable } from '../../lambdas/access/key-table.ts';
import { SCOPES } from '../../lambdas/access/identity.ts';

/** The first key's name. */
const NAME = 'npm start';

/**
 * Prints the first API key. With AUTH=api-key, nobody can call the API without a key, so the first start creates a key with all scopes.
 * Later starts can't show this key again, but print how to create another key.
 */
export async function printFirstKey(
  awsEndpointUrl: string,
  tableName: string,
  print: (line: string) => void,
): Promise<void> {
  const client = new DynamoDBClient({
    endpoint: awsEndpointUrl,
    region: 'us-east-1',
    credentials: { accessKeyId: 'npm-start', secretAccessKey: 'embedded' },
  });
  try {
    const keys = createKeyTable(client, tableName, () => new Date());
    const known = await keys.list();
    // Lambda functions with `grantSubmit` have their own keys.
    if (!known.some(({ name }) => name === NAME)) {
      const first = { name: NAME, tenant: 'default', scopes: SCOPES, expireTime: null };
      print(`The first API key, shown only once: ${(await keys.create(first)).key}`);
    } else {
      print(`The API requires a key; the ${tableName} table contains ${known.length}.`);
    }
    print(
      `To create another: AWS_ENDPOINT_URL=${awsEndpointUrl} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=me AWS_SECRET_ACCESS_KEY=embedded ` +
        `npx errand key create --table ${tableName}`,
    );
  } finally {
    client.destroy();
  }
}
