import { arn, physicalName } from '../template/names.ts';
import type { Resolved } from '../template/scope.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import { DeployError, Properties } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

interface TableDescription {
  Table: {
    TableStatus: string;
    KeySchema: KeySchema;
    GlobalSecondaryIndexes?: Index[];
    LocalSecondaryIndexes?: Index[];
  };
}

type KeySchema = { AttributeName: string; KeyType: string }[];

interface Index {
  IndexName: string;
  KeySchema: KeySchema;
}

interface TimeToLiveAnswer {
  TimeToLiveDescription: { TimeToLiveStatus: string };
}

/** DynamoDB's maximum length for table names. */
const MAX_NAME_LENGTH = 255;

/** The polling interval while a table is being created, in milliseconds. */
const POLL_MILLIS = 20;

/** The index properties that DynamoDB's CreateTable accepts. */
const INDEX_PROPERTIES = ['IndexName', 'KeySchema', 'Projection', 'ProvisionedThroughput'];

/** AWS::DynamoDB::Table. A table from an earlier run keeps its items. */
export const dynamoDbTable: ResourceType = {
  honours: [
    'AttributeDefinitions',
    'BillingMode',
    'GlobalSecondaryIndexes',
    'KeySchema',
    'LocalSecondaryIndexes',
    'ProvisionedThroughput',
    'TableName',
    'TimeToLiveSpecification',
  ],
  withoutEffect: [
    'ContributorInsightsSpecification',
    'DeletionProtectionEnabled',
    'OnDemandThroughput',
    'PointInTimeRecoverySpecification',
    'SSESpecification',
    // No stream is created. No resource can refer to the missing stream, because the table has no StreamArn attribute.
    'StreamSpecification',
    'TableClass',
    'Tags',
    'WarmThroughput',
  ],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const call = <Output>(action: string, input: object) =>
      callAws<Output>(awsEndpointUrl, 'dynamodb', `DynamoDB_20120810.${action}`, input);
    const TableName = properties.optionalText('TableName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const {
      AttributeDefinitions,
      KeySchema,
      BillingMode = 'PROVISIONED',
      ProvisionedThroughput,
    } = properties.values;
    const indexes = {
      ...indexesOf(properties, 'GlobalSecondaryIndexes'),
      ...indexesOf(properties, 'LocalSecondaryIndexes'),
    };

    await call('CreateTable', {
      TableName,
      AttributeDefinitions,
      KeySchema,
      BillingMode,
      ...(ProvisionedThroughput !== undefined && { ProvisionedThroughput }),
      ...indexes,
    }).catch((error: unknown) => {
      if (!(error instanceof AwsCallError && error.code === 'ResourceInUseException')) throw error;
    });
    const table = await untilActive(() => call<TableDescription>('DescribeTable', { TableName }));
    if (keysOf({ KeySchema, ...indexes }) !== keysOf({ ...table })) {
      throw new DeployError(
        `${logicalId}: the keys or the indexes of the table ${TableName} have changed, which requires a new table; ` +
          "delete the data folder, or change the table's logical ID",
      );
    }

    const timeToLive = properties.object('TimeToLiveSpecification');
    const { TimeToLiveDescription: before } = await call<TimeToLiveAnswer>('DescribeTimeToLive', {
      TableName,
    });
    // DynamoDB refuses to enable TTL twice.
    if (timeToLive.isTrue('Enabled') && before.TimeToLiveStatus !== 'ENABLED') {
      await call('UpdateTimeToLive', {
        TableName,
        TimeToLiveSpecification: { AttributeName: timeToLive.text('AttributeName'), Enabled: true },
      });
    }
    return { ref: TableName, attributes: { Arn: arn(stack, 'dynamodb', `table/${TableName}`) } };
  },
};

/** AWS::DynamoDB::GlobalTable: a table in one region. */
export const dynamoDbGlobalTable: ResourceType = {
  honours: dynamoDbTable.honours.filter((name) => name !== 'ProvisionedThroughput'),
  withoutEffect: [
    'MultiRegionConsistency',
    'ReadOnDemandThroughputSettings',
    'ReadProvisionedThroughputSettings',
    'Replicas',
    'SSESpecification',
    'StreamSpecification',
    'WarmThroughput',
    'WriteOnDemandThroughputSettings',
    'WriteProvisionedThroughputSettings',
  ],

  deploy({ logicalId, type, properties }, cloud) {
    // Ignores the capacity, because a global table has different capacity properties than a table.
    const values = { ...properties.values, BillingMode: 'PAY_PER_REQUEST' };
    return dynamoDbTable.deploy(
      { logicalId, type, properties: new Properties(`${logicalId} (${type})`, values) },
      cloud,
    );
  },
};

function indexesOf(
  properties: Properties,
  name: 'GlobalSecondaryIndexes' | 'LocalSecondaryIndexes',
): Record<string, Resolved> {
  const indexes = properties.objects(name).map(({ values }) => {
    const known = Object.entries(values).filter(([property]) => INDEX_PROPERTIES.includes(property));
    return Object.fromEntries(known);
  });
  return indexes.length > 0 ? { [name]: indexes } : {};
}

/** Returns the keys of a table and its indexes as one string, for comparison. */
function keysOf({ KeySchema, ...table }: Readonly<Record<string, unknown>>): string {
  const indexes = ['GlobalSecondaryIndexes', 'LocalSecondaryIndexes'].map((name) =>
    ((table[name] ?? []) as Index[])
      .map((index) => JSON.stringify([index.IndexName, index.KeySchema]))
      .sort(),
  );
  return JSON.stringify([KeySchema, indexes]);
}

async function untilActive(describe: () => Promise<TableDescription>): Promise<TableDescription['Table']> {
  for (;;) {
    const { Table } = await describe();
    if (Table.TableStatus === 'ACTIVE') return Table;
    await new Promise((wake) => setTimeout(wake, POLL_MILLIS));
  }
}
