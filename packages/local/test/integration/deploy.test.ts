import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { DescribeTimeToLiveCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { EmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { TemplateResource } from '../../src/template/template.ts';
import { deployUnderTest, functionOf, httpApiOf } from './deploy-under-test.ts';
import type { DeployUnderTest } from './deploy-under-test.ts';

/** The source of a function that responds with its environment variables and the ID in the path. */
const ECHO = `export const handler = async (event) => ({
  ...event.pathParameters, TABLE: process.env.TABLE, ENDPOINT: process.env.AWS_ENDPOINT_URL });`;

const RESOURCES: Record<string, TemplateResource> = {
  Echo: functionOf(ECHO, { Environment: { Variables: { TABLE: { Ref: 'Table' } } }, Timeout: 5 }),
  ...httpApiOf('Echo'),
  Forbidden: {
    Type: 'AWS::ApiGatewayV2::Route',
    Properties: {
      ApiId: { Ref: 'Api' },
      RouteKey: 'GET /forbidden',
      Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
    },
  },
  Table: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
    },
  },
  DeadLetters: { Type: 'AWS::SQS::Queue' },
  Queue: {
    Type: 'AWS::SQS::Queue',
    Properties: {
      VisibilityTimeout: 12,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': ['DeadLetters', 'Arn'] }, maxReceiveCount: 3 },
    },
  },
  Secret: {
    Type: 'AWS::SecretsManager::Secret',
    Properties: {
      GenerateSecretString: { SecretStringTemplate: '{"username":"things"}', GenerateStringKey: 'password' },
    },
  },
  Attachment: {
    Type: 'AWS::SecretsManager::SecretTargetAttachment',
    Properties: {
      SecretId: { Ref: 'Secret' },
      TargetId: { Ref: 'Cluster' },
      TargetType: 'AWS::RDS::DBCluster',
    },
  },
  Cluster: {
    Type: 'AWS::RDS::DBCluster',
    Properties: {
      Engine: 'aurora-postgresql',
      DatabaseName: 'things',
      EnableHttpEndpoint: true,
      VpcSecurityGroupIds: [{ 'Fn::GetAtt': ['SecurityGroup', 'GroupId'] }],
    },
  },
  SecurityGroup: { Type: 'AWS::EC2::SecurityGroup', Properties: { GroupDescription: 'none' } },
};

const OUTPUTS = {
  Url: { Value: { 'Fn::GetAtt': ['Api', 'ApiEndpoint'] } },
  PublicUrl: { Value: { 'Fn::Sub': 'https://${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}/' } },
  TableArn: { Value: { 'Fn::GetAtt': ['Table', 'Arn'] } },
  QueueUrl: { Value: { Ref: 'Queue' } },
  ClusterArn: { Value: { 'Fn::Sub': 'arn:aws:rds:${AWS::Region}:${AWS::AccountId}:cluster:${Cluster}' } },
  SecretArn: { Value: { Ref: 'Attachment' } },
};

describe('a deployed stack', () => {
  let test: DeployUnderTest;
  let cloud: EmbeddedCloud;

  beforeAll(async () => {
    test = await deployUnderTest();
    cloud = await test.start(RESOURCES, OUTPUTS);
  }, 60_000);

  afterAll(() => test.end());

  function client<Client>(Constructor: new (configuration: object) => Client): Client {
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    return new Constructor({ endpoint: cloud.awsEndpointUrl, region: 'us-east-1', credentials });
  }

  it('serves its API with the function, which has the environment variables from the template', async () => {
    const response = await fetch(`${cloud.apiUrl}/things/7`);
    expect(await response.json()).toEqual({ id: '7', TABLE: 'Test-Table', ENDPOINT: cloud.awsEndpointUrl });
  });

  it('responds with 500 on a route without a permission', async () => {
    expect((await fetch(`${cloud.apiUrl}/forbidden`)).status).toBe(500);
  });

  it('shows its outputs, with the API’s local URL in any notation that the template uses', () => {
    expect(cloud.outputs).toEqual({
      Url: cloud.apiUrl,
      PublicUrl: `${cloud.apiUrl}/`,
      TableArn: 'arn:aws:dynamodb:us-east-1:000000000000:table/Test-Table',
      QueueUrl: `${cloud.awsEndpointUrl}/000000000000/Test-Queue`,
      ClusterArn: 'arn:aws:rds:us-east-1:000000000000:cluster:test-cluster',
      SecretArn: expect.stringMatching(
        /^arn:aws:secretsmanager:us-east-1:000000000000:secret:Test-Secret-\w{6}$/,
      ),
    });
  });

  it('has its table with TTL', async () => {
    const dynamoDb = client(DynamoDBClient);
    const { TimeToLiveDescription } = await dynamoDb.send(
      new DescribeTimeToLiveCommand({ TableName: 'Test-Table' }),
    );
    expect(TimeToLiveDescription).toEqual({ AttributeName: 'expires_at', TimeToLiveStatus: 'ENABLED' });
  });

  it('has its queue, with the template’s attributes', async () => {
    const { Attributes } = await client(SQSClient).send(
      new GetQueueAttributesCommand({ QueueUrl: cloud.outputs.QueueUrl, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({ VisibilityTimeout: '12' });
    expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toEqual({
      deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:Test-DeadLetters',
      maxReceiveCount: 3,
    });
  });

  it('has its database behind the Data API, with the attached secret', async () => {
    const { records } = await client(RDSDataClient).send(
      new ExecuteStatementCommand({
        resourceArn: cloud.outputs.ClusterArn,
        secretArn: cloud.outputs.SecretArn,
        sql: 'SELECT current_database()::text',
      }),
    );
    expect(records).toEqual([[{ stringValue: 'things' }]]);
  });

  it('is found by a second startup, which applies the template’s changes', async () => {
    await cloud.end();
    const Queue = { ...RESOURCES.Queue, Type: 'AWS::SQS::Queue', Properties: { VisibilityTimeout: 20 } };
    cloud = await test.start({ ...RESOURCES, Queue }, OUTPUTS);
    const { Attributes } = await client(SQSClient).send(
      new GetQueueAttributesCommand({
        QueueUrl: cloud.outputs.QueueUrl,
        AttributeNames: ['VisibilityTimeout'],
      }),
    );
    expect(Attributes).toEqual({ VisibilityTimeout: '20' });
  });
});
