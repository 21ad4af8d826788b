import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { copyClusterTemplate } from '../../../../test/helpers/cluster-template.ts';
import { startEmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { EmbeddedCloud } from '../../src/embedded-cloud.ts';
import type { TemplateResource } from '../../src/template/template.ts';

type Resources = Record<string, TemplateResource>;

/** A folder with a cloud assembly that the test writes, and the data of the clouds that run the assembly. */
export interface DeployUnderTest {
  readonly dir: string;
  readonly dataDir: string;
  /** All lines written by the functions and the cloud. */
  readonly lines: readonly string[];
  /** Creates a layer from these files, or from the archive with this name. */
  layer(files: Readonly<Record<string, string>> | string): Promise<TemplateResource>;
  /** Writes the assembly, replacing the previous one. @returns the assembly's folder */
  write(resources: Resources, outputs?: Record<string, unknown>): Promise<string>;
  /** Writes the assembly, and starts it. */
  start(resources: Resources, outputs?: Record<string, unknown>): Promise<EmbeddedCloud>;
  end(): Promise<void>;
}

export async function deployUnderTest(): Promise<DeployUnderTest> {
  const dir = await mkdtemp(join(tmpdir(), 'errand-deploy-'));
  const dataDir = join(dir, 'data');
  await mkdir(dataDir, { mode: 0o700 });
  await copyClusterTemplate(dataDir);
  const lines: string[] = [];
  const running: EmbeddedCloud[] = [];
  const layers = new Map<string, string>();

  async function write(resources: Resources, outputs: Record<string, unknown> = {}): Promise<string> {
    const assemblyDir = join(dir, 'cdk.out');
    await writeAssembly(assemblyDir, resources, outputs, layers);
    return assemblyDir;
  }

  return {
    dir,
    dataDir,
    lines,
    async layer(files) {
      const folder = join(dir, `layer-${layers.size}`);
      const path = typeof files === 'string' ? join(folder, files) : folder;
      for (const [name, content] of Object.entries(typeof files === 'string' ? { [files]: '' } : files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      }
      const S3Key = `${basename(folder)}.zip`;
      layers.set(S3Key, path);
      return { Type: 'AWS::Lambda::LayerVersion', Properties: { Content: { S3Bucket: 'assets', S3Key } } };
    },
    write,
    async start(resources, outputs) {
      const assemblyDir = await write(resources, outputs);
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

/** The role of all functions from {@link functionOf}, which allows everything. */
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

/** Returns a function resource. {@link writeAssembly} creates the function's bundle from the `index.mjs` source. */
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

/** Returns the resources of an HTTP API with a route to a function, and the permission to invoke the function. */
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

async function writeAssembly(
  assemblyDir: string,
  resources: Resources,
  outputs: object,
  layers: ReadonlyMap<string, string>,
): Promise<void> {
  await rm(assemblyDir, { recursive: true, force: true });
  await mkdir(assemblyDir, { recursive: true });
  const files: Record<string, object> = {};
  for (const [objectKey, path] of layers)
    files[objectKey] = {
      source: { path: relative(assemblyDir, path) },
      destinations: { here: { objectKey } },
    };
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
  const { S3Key } = (Properties?.Code ?? {}) as { S3Key?: string };
  return Type === 'AWS::Lambda::Function' && S3Key !== undefined ? [S3Key] : [];
}
