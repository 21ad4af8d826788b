import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from '../../bin/command-line/program.ts';
import type { CheckResult } from '../../bin/command-line/doctor/check.ts';
import { startAwsDouble, type AwsDouble, type AwsResponses } from './aws-double.ts';
import { CLUSTER, HEALTHY, SECRET } from './aws-responses.ts';

export interface AppFacts {
  readonly resources?: object;
  readonly environment?: string;
}

const OWN_CLUSTER = {
  Check: { Type: 'Custom::Preflight', Properties: { reservations: { default: 10, images: 5 } } },
  Migrate: { Type: 'Custom::Migration', Properties: { cluster: { 'Fn::Join': [] }, secret: { Ref: 'S' } } },
  Cluster: {
    Type: 'AWS::RDS::DBCluster',
    Properties: { Engine: 'aurora-postgresql', EngineVersion: '17.7' },
  },
  Vpc: { Type: 'AWS::EC2::VPC' },
};
export const GIVEN_CLUSTER = {
  Migrate: { Type: 'Custom::Migration', Properties: { cluster: CLUSTER, secret: SECRET } },
};

export let aws: AwsDouble;
let responses: AwsResponses;
export let project: string;
let variables: NodeJS.ProcessEnv;

/** Prepares a test file to run `errand doctor` with canned AWS responses, and without this machine's credentials. */
export function prepareDoctor(): void {
  beforeAll(async () => {
    aws = await startAwsDouble(() => responses);
    project = await mkdtemp(path.join(os.tmpdir(), 'errand-doctor-test-'));
  });
  afterAll(async () => {
    await aws.end();
    await rm(project, { recursive: true, force: true });
  });

  beforeEach(() => {
    responses = HEALTHY;
    variables = { ...process.env };
    Object.assign(process.env, {
      AWS_ENDPOINT_URL: aws.url,
      AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE',
      AWS_SECRET_ACCESS_KEY: 'secret',
      AWS_REGION: 'eu-central-1',
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: path.join(project, 'none'),
      AWS_SHARED_CREDENTIALS_FILE: path.join(project, 'none'),
    });
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, variables);
  });
}

/** Writes an app that produces this assembly, and returns the command that runs the app. */
export async function appWith({
  resources = OWN_CLUSTER,
  environment = 'aws://unknown-account/unknown-region',
}: AppFacts): Promise<string> {
  const manifest = {
    artifacts: {
      Shop: {
        type: 'aws:cloudformation:stack',
        environment,
        properties: {
          templateFile: 'Shop.template.json',
          requiresBootstrapStackVersion: 6,
          bootstrapStackVersionSsmParameter: '/cdk-bootstrap/hnb659fds/version',
        },
      },
    },
  };
  const script = `
    import { writeFileSync } from 'node:fs';
    const write = (file, content) => writeFileSync(process.env.CDK_OUTDIR + '/' + file, JSON.stringify(content));
    write('manifest.json', ${JSON.stringify(manifest)});
    write('Shop.template.json', ${JSON.stringify({ Resources: resources })});
  `;
  await writeFile(path.join(project, 'app.mjs'), script);
  return `"${process.execPath}" ${path.join(project, 'app.mjs')}`;
}

export interface Ended {
  readonly code: number;
  readonly checks: readonly CheckResult[];
}

export async function doctorText(...words: string[]): Promise<{ code: number; output: string }> {
  const ended = { code: 0, output: '' };
  await runCommand(['doctor', ...words], {
    environment: process.env,
    output: (line) => (ended.output += line),
    messages: { write: (line) => (ended.output += line) },
    readInput: () => Promise.resolve(''),
    setExitCode: (code) => (ended.code = code),
  });
  return ended;
}

/** Runs `errand doctor --json` for an app. The responses in `changed` replace those of a healthy account. */
export async function doctor(changed: AwsResponses = {}, app: AppFacts = {}): Promise<Ended> {
  responses = { ...HEALTHY, ...changed };
  const { code, output } = await doctorText('--json', '--app', await appWith(app));
  return { code, checks: (JSON.parse(output) as { checks: CheckResult[] }).checks };
}
