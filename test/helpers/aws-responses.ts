import { jsonError, queryError, queryResult, type AwsResponse } from './aws-double.ts';

// AWS responses for an account that is ready for a deployment, and the values that these responses contain.

export const ACCOUNT = '123456789012';
export const CLUSTER = `arn:aws:rds:eu-central-1:${ACCOUNT}:cluster:jobs`;
export const SECRET = `arn:aws:secretsmanager:eu-central-1:${ACCOUNT}:secret:jobs-a1B2c3`;

export const clusters = (...members: string[]): AwsResponse =>
  queryResult(
    'DescribeDBClusters',
    `<DBClusters>${members.map((each) => `<DBCluster>${each}</DBCluster>`).join('')}</DBClusters>`,
  );
export const auroraCluster = (more = ''): string =>
  `<Engine>aurora-postgresql</Engine><EngineVersion>17.7</EngineVersion><Status>available</Status>${more}`;
export const stackTag = (tag: string, key: string, value: string): string =>
  `<${tag}><${key}>aws:cloudformation:stack-name</${key}><${value}>Shop</${value}></${tag}>`;
export const vpcs = (count: number, last = ''): AwsResponse => ({
  body: `<DescribeVpcsResponse><vpcSet>${`<item><vpcId>vpc-1</vpcId><tagSet/></item>`.repeat(count)}${last}</vpcSet></DescribeVpcsResponse>`,
});
export const engineVersions = (...versions: string[]): AwsResponse =>
  queryResult(
    'DescribeDBEngineVersions',
    `<DBEngineVersions>${versions.map((each) => `<DBEngineVersion><EngineVersion>${each}</EngineVersion></DBEngineVersion>`).join('')}</DBEngineVersions>`,
  );
export const orderable = (option: string): AwsResponse =>
  queryResult(
    'DescribeOrderableDBInstanceOptions',
    `<OrderableDBInstanceOptions>${option}</OrderableDBInstanceOptions>`,
  );
export const concurrency = (total: number, unreserved: number): AwsResponse => ({
  body: { AccountLimit: { ConcurrentExecutions: total, UnreservedConcurrentExecutions: unreserved } },
});
export const stack = (status: string): AwsResponse =>
  queryResult(
    'DescribeStacks',
    `<Stacks><member><StackName>Shop</StackName><StackStatus>${status}</StackStatus></member></Stacks>`,
  );
export const quota = (value: number): AwsResponse => ({ body: { Quota: { Value: value } } });

/** AWS responses for an account that is ready for a deployment. */
export const HEALTHY: Readonly<Record<string, AwsResponse>> = {
  GetCallerIdentity: queryResult(
    'GetCallerIdentity',
    `<Arn>arn:aws:iam::${ACCOUNT}:user/ada</Arn><UserId>A</UserId><Account>${ACCOUNT}</Account>`,
  ),
  GetAccountPlanState: { body: { accountId: ACCOUNT, accountPlanType: 'PAID', accountPlanStatus: 'ACTIVE' } },
  GetAccountSettings: concurrency(1000, 1000),
  DescribeStacks: queryError('ValidationError', 'Stack with id Shop does not exist'),
  DescribeDBEngineVersions: engineVersions('17.7'),
  DescribeOrderableDBInstanceOptions: orderable(
    '<OrderableDBInstanceOption><DBInstanceClass>db.serverless</DBInstanceClass><SupportsHttpEndpoint>true</SupportsHttpEndpoint></OrderableDBInstanceOption>',
  ),
  DescribeDBClusters: clusters(),
  DescribeVpcs: vpcs(1),
  GetServiceQuota: jsonError('NoSuchResourceException', 'no value'),
  GetParameter: { body: { Parameter: { Value: '30' } } },
  GetSecretValue: { body: { SecretString: '{"username":"errand","password":"pa55word"}' } },
};
