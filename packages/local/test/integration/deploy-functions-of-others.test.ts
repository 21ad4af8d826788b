import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { EmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { TemplateResource } from '../../src/template/template.ts';
import { needPackages } from '../../../../test/helpers/system-packages.ts';
import { deployUnderTest, functionOf, type DeployUnderTest } from './deploy-under-test.ts';

/**
 * Returns a role like those that the CDK creates for functions, including the managed policy that lets a function write its log.
 */
function roleWith(...ManagedPolicyArns: unknown[]): TemplateResource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
        ],
      },
      ManagedPolicyArns: ManagedPolicyArns as never,
    },
  };
}

const BASIC = {
  'Fn::Join': [
    '',
    ['arn:', { Ref: 'AWS::Partition' }, ':iam::aws:policy/service-role/AWSLambdaBasicExecutionRole'],
  ],
};

const RESOURCES: Record<string, TemplateResource> = {
  PlainRole: roleWith(BASIC, { Ref: 'ReadTables' }),
  ReadTables: {
    Type: 'AWS::IAM::ManagedPolicy',
    Properties: {
      PolicyDocument: {
        Statement: [
          { Effect: 'Allow', Action: 'dynamodb:Query', Resource: { 'Fn::Sub': '${Orders.Arn}/index/*' } },
          { Effect: 'Allow', Action: 'dynamodb:PutItem', Resource: { 'Fn::GetAtt': ['Orders', 'Arn'] } },
        ],
      },
    },
  },
  Plain: functionOf(
    `import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
     export const handler = async () => {
       const client = new DynamoDBClient();
       const TableName = process.env.TABLE;
       await client.send(new PutItemCommand({ TableName, Item: { pk: { S: 'a' }, customer: { S: 'Ada' } } }));
       console.log('stored an order');
       const { Items } = await client.send(new QueryCommand({ TableName, IndexName: 'by-customer',
         KeyConditionExpression: 'customer = :c', ExpressionAttributeValues: { ':c': { S: 'Ada' } } }));
       const denied = await client.send(new QueryCommand({ TableName, KeyConditionExpression: 'pk = :p',
         ExpressionAttributeValues: { ':p': { S: 'a' } } })).catch((error) => error.name);
       return { keys: Items.map(({ pk }) => pk.S), denied };
     };`,
    {
      Role: { 'Fn::GetAtt': ['PlainRole', 'Arn'] },
      Timeout: 20,
      Environment: { Variables: { TABLE: { Ref: 'Orders' } } },
    },
  ),
  // Tables as the CDK's `Table` and `TableV2` constructs synthesize them.
  Orders: {
    Type: 'AWS::DynamoDB::Table',
    Properties: {
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'customer', AttributeType: 'S' },
      ],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      GlobalSecondaryIndexes: [
        {
          IndexName: 'by-customer',
          KeySchema: [{ AttributeName: 'customer', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
          ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
        },
      ],
      ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 5 },
    },
  },
  Carts: {
    Type: 'AWS::DynamoDB::GlobalTable',
    Properties: {
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      BillingMode: 'PAY_PER_REQUEST',
      Replicas: [{ Region: { Ref: 'AWS::Region' } }],
    },
  },
  // A bucket as the CDK's `Bucket` construct synthesizes it.
  Photos: {
    Type: 'AWS::S3::Bucket',
    Properties: {
      BucketEncryption: { ServerSideEncryptionConfiguration: [] },
      CorsConfiguration: { CorsRules: [] },
      LifecycleConfiguration: {
        Rules: [
          { Id: 'cold', Status: 'Enabled', Transitions: [{ StorageClass: 'GLACIER', TransitionInDays: 30 }] },
          {
            Id: 'old',
            Status: 'Enabled',
            ExpirationInDays: 90,
            NoncurrentVersionExpiration: { NoncurrentDays: 1 },
          },
        ],
      },
      VersioningConfiguration: { Status: 'Enabled' },
    },
  },
  Inline: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { ZipFile: 'exports.main = async () => require("greetings").greeting;' },
      Handler: 'index.main',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['PlainRole', 'Arn'] },
      Layers: [{ Ref: 'Layer' }],
    },
  },
  InlinePython: {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: { ZipFile: 'from greetings import greeting\ndef main(event, context):\n  return greeting' },
      Handler: 'index.main',
      Runtime: 'python3.13',
      Role: { 'Fn::GetAtt': ['PlainRole', 'Arn'] },
      Layers: [{ Ref: 'Layer' }],
    },
  },
};

describe('functions of other people’s stacks', () => {
  let test: DeployUnderTest;
  let cloud: EmbeddedCloud;
  let lambda: LambdaClient;

  async function invoke(name: string): Promise<unknown> {
    const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: cloud.outputs[name] }));
    return JSON.parse(Buffer.from(Payload ?? []).toString()) as unknown;
  }

  beforeAll(async () => {
    await needPackages('A Python function', ['python3']);
    test = await deployUnderTest();
    const Layer = await test.layer({
      'nodejs/node_modules/greetings/index.js': 'exports.greeting = "Hello";',
      'python/greetings.py': 'greeting = "Hello from Python"',
    });
    const names = ['Plain', 'Inline', 'InlinePython'];
    cloud = await test.start(
      { ...RESOURCES, Layer },
      Object.fromEntries(names.map((name) => [name, { Value: { Ref: name } }])),
    );
    const credentials = { accessKeyId: 'me', secretAccessKey: 'embedded' };
    lambda = new LambdaClient({ endpoint: cloud.awsEndpointUrl, region: 'us-east-1', credentials });
  });

  afterAll(async () => {
    lambda.destroy();
    await test.end();
  });

  it('may do what their roles’ managed policies allow, with the runtime’s SDK', async () => {
    expect(await invoke('Plain')).toEqual({ keys: ['a'], denied: 'AccessDeniedException' });
    expect(test.lines.join('\n')).toContain('stored an order');
  });

  it('run inline code with their layers', async () => {
    expect(await invoke('Inline')).toBe('Hello');
  });

  it('run inline Python code with their layers', async () => {
    expect(await invoke('InlinePython')).toBe('Hello from Python');
  });

  it('keep their tables and indexes after a restart', async () => {
    await cloud.end();
    cloud = await test.start({
      ...RESOURCES,
      Layer: await test.layer({ 'nodejs/node_modules/greetings/index.js': '' }),
    });
    expect(cloud.functions.map(({ name }) => name)).toContain('Test-Plain');
  });
});

describe('another person’s stack is refused in one line', () => {
  let test: DeployUnderTest;

  beforeAll(async () => {
    test = await deployUnderTest();
  });
  afterAll(() => test.end());

  it.each([
    [
      'with a managed policy that the embedded cloud does not support',
      { Admin: roleWith('arn:aws:iam::aws:policy/AdministratorAccess') },
      /^Admin \(AWS::IAM::Role\): ManagedPolicyArns names arn:aws:iam::aws:policy\/AdministratorAccess, which the embedded cloud does not support: grant the actions in one of the stack's policies\./,
    ],
    [
      'with a layer from another stack',
      {
        Fn: functionOf('', {
          Layers: ['arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:52'],
        }),
      },
      /^Fn \(AWS::Lambda::Function\): Layers names arn:aws:lambda:us-east-1:580247275435:layer:LambdaInsightsExtension:52, which is not a layer in this stack and can't be downloaded/,
    ],
    [
      'with a dynamic reference in a function’s environment',
      {
        Fn: functionOf('export const handler = () => 1;', {
          Environment: { Variables: { PASSWORD: '{{resolve:secretsmanager:shop:SecretString:password}}' } },
        }),
      },
      /^Fn \(AWS::Lambda::Function\): Environment\.Variables\.PASSWORD has a dynamic reference, which the embedded cloud does not resolve/,
    ],
  ])('%s', async (_name, resources, message) => {
    await expect(test.start(resources)).rejects.toThrow(message);
  });

  it('with a layer that has extensions', async () => {
    await expect(test.start({ Layer: await test.layer({ 'extensions/run': '' }) })).rejects.toThrow(
      /^Layer \(AWS::Lambda::LayerVersion\): Content\.S3Key has extensions, which the embedded Lambda does not run/,
    );
  });

  it('with a layer in an archive', async () => {
    await expect(test.start({ Layer: await test.layer('layer.zip') })).rejects.toThrow(
      /^Layer \(AWS::Lambda::LayerVersion\): Content\.S3Key is the archive .*layer\.zip: pass the folder with its contents to the CDK/,
    );
  });
});
