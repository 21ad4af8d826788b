import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createErrand } from 'errand-client';
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  createDevProject,
  DEV_PACKAGES,
  type DevProcess,
  type DevProject,
  MAX_SAVE_SECONDS,
} from '../../helpers/dev-project.ts';
import { needPackages } from '../../helpers/system-packages.ts';

/** Returns a jobs file with a job that reads a photo from another stack's bucket and writes to a table. */
const jobsFile = (greeting: string): string => `import { functionJob, job } from 'errand/jobs';
import * as z from 'zod';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { shop } from './shop.ts';

const { PHOTOS, ORDERS, STAGE, SHOP } = process.env;

export const describe = job('describe', {
  payload: z.object({ photo: z.string() }),
  queue: 'images',
  retry: { attempts: 1 },
  async run({ photo }) {
    const { Body } = await new S3Client({ forcePathStyle: true }).send(new GetObjectCommand({ Bucket: PHOTOS, Key: photo }));
    const text = await Body.transformToString();
    const orders = new DynamoDBClient();
    await orders.send(new PutItemCommand({ TableName: ORDERS, Item: { pk: { S: photo }, text: { S: text } } }));
    const { Count } = await orders.send(new QueryCommand({ TableName: ORDERS, IndexName: 'by-text',
      KeyConditionExpression: '#text = :text', ExpressionAttributeNames: { '#text': 'text' },
      ExpressionAttributeValues: { ':text': { S: text } } }));
    return { says: ${JSON.stringify(greeting)} + ' ' + text, orders: Count, stage: STAGE, shops: [shop, SHOP] };
  },
});

export const report = functionJob('report', {
  payload: z.object({ numbers: z.array(z.number()) }),
  result: z.object({ mean: z.number() }),
});
`;

/** The `report` job's function, which uses a package in a layer. */
const REPORT = `from averages import mean

def handler(event, context):
    return {"mean": mean(event["payload"]["numbers"])}
`;

const AVERAGES = `def mean(numbers):
    return sum(numbers) / len(numbers)
`;

/** Returns the source code of an app with an Errand construct and other resources. */
const app = (stage: string): string => `import { App, CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Code, Function, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Errand } from 'errand';
import { shop as nameOfShop } from '../jobs/shop.ts';

const app = new App();
const env = { account: '123456789012', region: 'eu-west-1' };
const storage = new Stack(app, 'Storage', { env });
const photos = new Bucket(storage, 'Photos', {
  autoDeleteObjects: true, enforceSSL: true, removalPolicy: RemovalPolicy.DESTROY, versioned: true,
});
const billing = new Stack(app, 'Billing');
const invoices = new Topic(billing, 'Invoices');

const shop = new Stack(app, 'Shop', { env });
const vpc = new Vpc(shop, 'Vpc', { maxAzs: 2 });
const pages = new Bucket(shop, 'Pages');
new Distribution(shop, 'Cdn', { defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(pages) } });
const orders = new Table(shop, 'Orders', { partitionKey: { name: 'pk', type: AttributeType.STRING } });
orders.addGlobalSecondaryIndex({ indexName: 'by-text', partitionKey: { name: 'text', type: AttributeType.STRING } });
const checkout = new Function(shop, 'Checkout', {
  runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code: Code.fromInline('exports.handler = async () => 1'),
});
const report = new Function(shop, 'Report', {
  runtime: Runtime.PYTHON_3_13, handler: 'app.handler', code: Code.fromAsset('report'),
  layers: [new LayerVersion(shop, 'Averages', { code: Code.fromAsset('averages') })],
});
const errand = new Errand(shop, 'Jobs', {
  jobs: 'jobs/index.ts',
  console: false,
  functions: { report },
  queues: {
    images: {
      vpc,
      environment: {
        PHOTOS: photos.bucketName, ORDERS: orders.tableName, STAGE: ${JSON.stringify(stage)}, SHOP: nameOfShop,
      },
    },
  },
});
photos.grantRead(errand.queue('images'));
orders.grantReadWriteData(errand.queue('images'));
errand.grantSubmit(checkout);
new CfnOutput(shop, 'VpcId', { value: vpc.vpcId });
new CfnOutput(shop, 'PhotosName', { value: photos.bucketName });
`;

/** Returns a file that both the app and the jobs file import. */
const sharedFile = (shop: string): string => `export const shop = ${JSON.stringify(shop)};\n`;

const COMMAND = `${process.execPath} -C errand-source bin/app.ts`;

describe('errand dev --app', () => {
  let project: DevProject;
  let dev: DevProcess;
  let errand: ReturnType<typeof createErrand>;
  let photos: S3Client;
  let outputs: Record<string, string>;

  async function described(): Promise<unknown> {
    return (await errand.submit('describe', { photo: 'cat' })).result();
  }

  beforeAll(async () => {
    await needPackages('A Python function', ['python3']);
    project = await createDevProject([...DEV_PACKAGES, '@aws-sdk', '@smithy']);
    await project.write('cdk.json', JSON.stringify({ app: COMMAND }));
    await project.write('jobs/index.ts', jobsFile('Hello'));
    await project.write('jobs/shop.ts', sharedFile('corner'));
    await project.write('bin/app.ts', app('one'));
    await project.write('report/app.py', REPORT);
    await project.write('averages/python/averages.py', AVERAGES);
    dev = project.dev(['--app']);
    const ready = await dev.line(/^Ready in|^Nothing runs yet/);
    expect({ ready, output: dev.output() }).toMatchObject({ ready: expect.stringMatching(/^Ready in/) });
    const [, url = '', awsEndpointUrl = ''] = /: (http\S+) \(AWS endpoint ([^,]+),/.exec(ready) ?? [];
    const answer = await fetch(`${awsEndpointUrl}/_errand/outputs`);
    ({ outputs } = (await answer.json()) as { outputs: Record<string, string> });
    const [, apiKey = ''] = /: (errand_\S+)/.exec(await dev.line(/first API key/)) ?? [];
    errand = createErrand({ url, apiKey });
    photos = new S3Client({
      endpoint: awsEndpointUrl,
      region: 'us-east-1',
      credentials: { accessKeyId: 'me', secretAccessKey: 'embedded' },
      forcePathStyle: true,
    });
  }, 120_000);

  afterAll(async () => {
    await dev.end();
    photos.destroy();
    await project.remove();
  });

  it('prints the URLs, but no console URL, because the app turns the console off', async () => {
    expect(dev.output()).toMatch(/^API documentation: /m);
    expect(dev.output()).not.toContain('Console:');
    const answer = await fetch(
      `${/^API documentation: (\S+)\/docs$/m.exec(dev.output())?.[1] ?? ''}/console`,
    );
    expect(answer.status).toBe(401);
  });

  it('lists what runs with the Errand construct, and what is omitted', () => {
    const lines = dev
      .output()
      .split('\n')
      .map((line) => line.replaceAll(/ {2,}/g, ' '));
    const start = lines.indexOf("Running the app's Shop/Jobs, and these resources outside it:");
    expect(lines.slice(start + 1, start + 14)).toEqual([
      ' Shop/Orders AWS::DynamoDB::Table',
      ' Shop/Averages AWS::Lambda::LayerVersion',
      ' Shop/Report AWS::Lambda::Function and 1 more',
      ' Storage/Photos AWS::S3::Bucket',
      ' Storage/Photos/Policy AWS::S3::BucketPolicy',
      'Left out:',
      ' Shop/Vpc AWS::EC2::VPC and 22 more',
      ' Shop/Pages AWS::S3::Bucket and 1 more',
      ' Shop/Cdn AWS::CloudFront::Distribution and 1 more',
      ' Shop/Checkout AWS::Lambda::Function and 2 more',
      ' Storage/Photos/AutoDeleteObjectsCustomResource Custom::S3AutoDeleteObjects',
      ' Storage/Custom::S3AutoDeleteObjectsCustomResourceProvider AWS::IAM::Role and 1 more',
      ' Billing/Invoices AWS::SNS::Topic',
    ]);
  });

  it('drops outputs of omitted resources', () => {
    expect(outputs).toMatchObject({ PhotosName: expect.any(String), KeyTableName: expect.any(String) });
    expect(outputs).not.toHaveProperty('VpcId');
  });

  it('runs a job with the permissions that the app grants', async () => {
    await photos.send(new PutObjectCommand({ Bucket: outputs.PhotosName, Key: 'cat', Body: 'Meow' }));
    expect(await described()).toEqual({
      says: 'Hello Meow',
      orders: 1,
      stage: 'one',
      shops: ['corner', 'corner'],
    });
  });

  it('runs a job in a Python function of the app, with its layer', async () => {
    expect(await (await errand.submit('report', { numbers: [1, 2, 6] })).result()).toEqual({ mean: 3 });
  });

  it('applies the first save of the jobs file', async () => {
    await project.replace('jobs/index.ts', jobsFile('Hi'));
    const [, seconds] = /Swapped in ([\d.]+) s/.exec(await dev.line(/^Swapped in/)) ?? [];
    expect(Number(seconds)).toBeLessThan(MAX_SAVE_SECONDS);
    expect(await described()).toMatchObject({ says: 'Hi Meow' });
  });

  it('keeps the last good stack if the app fails, and shows the file and the line', async () => {
    await project.replace('bin/app.ts', `${app('two')}\nthrow new Error('out of names');\n`);
    await dev.line(/affects the stack/);
    await dev.line(/ended with exit code 1:/);
    await dev.line(/bin\/app\.ts:\d+/);
    await dev.line(/out of names/);
    await dev.line(/last good code keeps running/);
    expect(await described()).toMatchObject({ stage: 'one' });
  });

  it('runs the app again after a save', async () => {
    await project.replace('bin/app.ts', app('two'));
    await dev.line(/^Deployed in/);
    expect(await described()).toMatchObject({ says: 'Hi Meow', stage: 'two' });
  });

  it('applies a saved file that both the app and the jobs import', async () => {
    await project.replace('jobs/shop.ts', sharedFile('market'));
    await dev.line(/affects the stack/);
    await dev.line(/^Deployed in/);
    expect(await described()).toMatchObject({ shops: ['market', 'market'] });
  });
});
