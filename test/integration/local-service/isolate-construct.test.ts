import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { App, CfnResource, Stack, Stage } from 'aws-cdk-lib';
import { HostedZone } from 'aws-cdk-lib/aws-route53';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { isolateConstruct } from 'errand-local';
import { readAssembly } from 'errand-local/template/assembly';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'errand-app-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('a construct is extracted from an assembly with stages, with its assets and another stack’s resources', async () => {
  // GIVEN
  const env = { account: '123456789012', region: 'eu-west-1' };
  const app = new App({ outdir: path.join(folder, 'app'), context: { 'aws:cdk:version-reporting': false } });
  HostedZone.fromLookup(new Stack(app, 'Zones', { env }), 'Zone', { domainName: 'example.com' });
  const stage = new Stage(app, 'Prod', { env });
  const photos = new Bucket(new Stack(stage, 'Storage'), 'Photos');
  const shop = new Stack(stage, 'Shop', { stackName: 'the-shop' });
  const jobs = new Construct(shop, 'Jobs');
  const code = new Asset(jobs, 'Code', { path: import.meta.dirname });
  new CfnResource(jobs, 'Worker', {
    type: 'AWS::Lambda::Function',
    properties: {
      Code: { S3Key: code.s3ObjectKey },
      Environment: { Variables: { PHOTOS: photos.bucketName } },
    },
  });
  jobs.node.addMetadata('test:outputs', {
    Photos: photos.bucketName,
    Place: `${shop.region} ${shop.account}`,
  });
  app.synth();
  const assemblyDir = path.join(folder, 'assembly');
  // WHEN
  const { missing, needed } = await isolateConstruct({
    appDir: path.join(folder, 'app'),
    assemblyDir,
    choose: ({ stacks }) => {
      const [found] = stacks.flatMap(({ metadata }) =>
        metadata.filter(({ type }) => type === 'test:outputs'),
      );
      return { path: found?.path ?? '', outputs: found?.data as Record<string, string> };
    },
    without: [],
    parameters: {},
  });
  // THEN
  expect(missing).toEqual([expect.stringMatching(/^hosted-zone:.*example\.com/)]);
  expect(needed.map(({ path: each }) => each)).toEqual(['Prod/Storage/Photos/Resource']);
  const { stackName, template, assets } = await readAssembly(assemblyDir);
  expect(stackName).toBe('the-shop');
  expect(template.Outputs?.Place).toEqual({ Value: 'us-east-1 000000000000' });
  expect(Object.values(template.Resources).map(({ Type: type }) => type)).toEqual([
    'AWS::Lambda::Function',
    'AWS::S3::Bucket',
  ]);
  const asset = assets.get(code.s3ObjectKey) ?? '';
  expect((await stat(path.join(asset, path.basename(import.meta.filename)))).isFile()).toBe(true);
  expect((await stat(asset)).mode & 0o077).toBe(0);
});
