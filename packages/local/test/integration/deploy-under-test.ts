import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { EmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { TemplateResource } from '../../src/template/template.ts';

type Resources = Record<string, TemplateResource>;

/** A folder with a cloud assembly that a test writes, and the data of the clouds that run it. */
export interface DeployUnderTest {
  readonly dir: string;
  readonly dataDir: string;
  /** Every line that a function, or the cloud, has written. */
  readonly lines: readonly string[];
  /** Writes the assembly and starts it. */
  start(resources: Resources, outputs?: Record<string, unknown>): Promise<EmbeddedCloud>;
  end(): Promise<void>;
}

export async function deployUnderTest(): Promise<DeployUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'errand-deploy-'));
  const dataDir = join(dir, 'data');
  const lines: string[] = [];
  const running: EmbeddedCloud[] = [];
  return {
    dir,
    dataDir,
    lines,
    async start(resources, outputs = {}) {
      const assemblyDir = join(dir, 'cdk.out');
      await writeAssembly(assemblyDir, resources, outputs);
      const log = (line: string) => lines.push(line);
      const cloud = await startEmbeddedCloud({ assemblyDir, dataDir, httpPort: 0, awsPort: 0, log });
      running.push(cloud);
      return cloud;
    },
    async end() {
      await Promise.all(running.map((cloud) => cloud.end()));
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The role of every function of {@link functionOf}: it may do everything. */
const ROLE: TemplateResource = {
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Statement: [
        { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
      ],
    },
    Policies: [
      {
        PolicyName: 'Everything',
        PolicyDocument: { Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] },
      },
    ],
  },
};

/** A function whose bundle {@link writeAssembly} makes of the source of its `index.mjs`. */
export function functionOf(
  source: string,
  properties: TemplateResource['Properties'] = {},
): TemplateResource {
  return {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Code: {
        S3Bucket: { 'Fn::Sub': 'assets-${AWS::AccountId}' },
        S3Key: `${encodeURIComponent(source)}.zip`,
      },
      Handler: 'index.handler',
      Runtime: 'nodejs24.x',
      Role: { 'Fn::GetAtt': ['Role', 'Arn'] },
      ...properties,
    },
  };
}

/** The resources of an HTTP API with a route to a function, and the permission to invoke it. */
export function httpApiOf(functionId: string, route: TemplateResource['Properties'] = {}): Resources {
  return {
    Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: 'Api', ProtocolType: 'HTTP' } },
    Stage: {
      Type: 'AWS::ApiGatewayV2::Stage',
      Properties: { ApiId: { Ref: 'Api' }, StageName: '$default', AutoDeploy: true },
    },
    Integration: {
      Type: 'AWS::ApiGatewayV2::Integration',
      Properties: {
        ApiId: { Ref: 'Api' },
        IntegrationType: 'AWS_PROXY',
        IntegrationUri: { 'Fn::GetAtt': [functionId, 'Arn'] },
        PayloadFormatVersion: '2.0',
      },
    },
    Route: {
      Type: 'AWS::ApiGatewayV2::Route',
      Properties: {
        ApiId: { Ref: 'Api' },
        RouteKey: 'GET /things/{id}',
        Target: { 'Fn::Join': ['', ['integrations/', { Ref: 'Integration' }]] },
        ...route,
      },
    },
    Permission: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        Action: 'lambda:InvokeFunction',
        FunctionName: { 'Fn::GetAtt': [functionId, 'Arn'] },
        Principal: 'apigateway.amazonaws.com',
        SourceArn: {
          'Fn::Sub': 'arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/*/*/things/{id}',
        },
      },
    },
  };
}

async function writeAssembly(assemblyDir: string, resources: Resources, outputs: object): Promise<void> {
  await rm(assemblyDir, { recursive: true, force: true });
  await mkdir(assemblyDir, { recursive: true });
  const files: Record<string, object> = {};
  for (const key of Object.values(resources).flatMap(bundleKey)) {
    const folder = `asset.${Object.keys(files).length}`;
    files[key] = { source: { path: folder, packaging: 'zip' }, destinations: { here: { objectKey: key } } };
    await mkdir(join(assemblyDir, folder));
    await writeFile(join(assemblyDir, folder, 'index.mjs'), decodeURIComponent(key.replace(/\.zip$/, '')));
  }
  const write = (name: string, content: object) =>
    writeFile(join(assemblyDir, name), JSON.stringify(content));
  await write('Test.assets.json', { files });
  await write('Test.template.json', { Resources: { Role: ROLE, ...resources }, Outputs: outputs });
  await write('manifest.json', {
    artifacts: {
      'Test.assets': { type: 'cdk:asset-manifest', properties: { file: 'Test.assets.json' } },
      Test: { type: 'aws:cloudformation:stack', properties: { templateFile: 'Test.template.json' } },
    },
  });
}

function bundleKey({ Type, Properties }: TemplateResource): string[] {
  const code = Properties?.Code as { S3Key: string } | undefined;
  return Type === 'AWS::Lambda::Function' && code ? [code.S3Key] : [];
}
