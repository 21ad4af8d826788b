import { arn, physicalName } from '../template/names.ts';
import { AwsCallError, callAws } from './aws-call.ts';
import { DeployError } from './properties.ts';
import type { ResourceType } from './resource-type.ts';

interface TableDescription {
  Table: { TableStatus: string; KeySchema: { AttributeName: string; KeyType: string }[] };
}

interface TimeToLiveAnswer {
  TimeToLiveDescription: { TimeToLiveStatus: string };
}

/** DynamoDB's longest table name. */
const MAX_NAME_LENGTH = 255;

/** How often a table that is being created is looked at, in milliseconds. */
const POLL_MILLIS = 20;

/** AWS::DynamoDB::Table. A table that an earlier run left keeps its items. */
export const dynamoDbTable: ResourceType = {
  honours: ['TableName', 'AttributeDefinitions', 'KeySchema', 'BillingMode', 'TimeToLiveSpecification'],
  withoutEffect: [
    'ContributorInsightsSpecification',
    'DeletionProtectionEnabled',
    'PointInTimeRecoverySpecification',
    'SSESpecification',
    'Tags',
  ],

  async deploy({ logicalId, properties }, { stack, awsEndpointUrl }) {
    const call = <Output>(action: string, input: object) =>
      callAws<Output>(awsEndpointUrl, 'dynamodb', `DynamoDB_20120810.${action}`, input);
    const TableName = properties.optionalText('TableName') ?? physicalName(stack, logicalId, MAX_NAME_LENGTH);
    const { AttributeDefinitions, KeySchema, BillingMode = 'PROVISIONED' } = properties.values;

    await call('CreateTable', { TableName, AttributeDefinitions, KeySchema, BillingMode }).catch(
      (error: unknown) => {
        if (!(error instanceof AwsCallError && error.code === 'ResourceInUseException')) throw error;
      },
    );
    const table = await untilActive(() => call<TableDescription>('DescribeTable', { TableName }));
    if (JSON.stringify(table.KeySchema) !== JSON.stringify(KeySchema)) {
      throw new DeployError(
        `${logicalId}: the key of the table ${TableName} has changed, which needs a new table; ` +
          'delete the data folder, or give the table another logical id',
      );
    }

    const timeToLive = properties.object('TimeToLiveSpecification');
    const { TimeToLiveDescription: before } = await call<TimeToLiveAnswer>('DescribeTimeToLive', {
      TableName,
    });
    // DynamoDB refuses to enable what is enabled.
    if (timeToLive.isTrue('Enabled') && before.TimeToLiveStatus !== 'ENABLED') {
      await call('UpdateTimeToLive', {
        TableName,
        TimeToLiveSpecification: { AttributeName: timeToLive.text('AttributeName'), Enabled: true },
      });
    }
    return { ref: TableName, attributes: { Arn: arn(stack, 'dynamodb', `table/${TableName}`) } };
  },
};

async function untilActive(describe: () => Promise<TableDescription>): Promise<TableDescription['Table']> {
  for (;;) {
    const { Table } = await describe();
    if (Table.TableStatus === 'ACTIVE') return Table;
    await new Promise((wake) => setTimeout(wake, POLL_MILLIS));
  }
}
