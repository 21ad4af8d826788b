import { describe, expect, it } from '@jest/globals';
import { Annotations as AnnotationsOf, Match, Template } from 'aws-cdk-lib/assertions';
import { App, Stack } from 'aws-cdk-lib/core';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Errand } from '../../lib/errand.ts';
import { functionOf, resourcesOf, templateOf, unbundledApp } from './errand-template.ts';

const auroraClusterArn = 'arn:aws:rds:eu-central-1:123456789012:cluster:shared';
const auroraSecretArn = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:shared-a1B2c3';

const onHost = { 'errand:run-on-host': true };

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** Returns all roles' policy statements that allow calls to a service. */
function statementsOf(template: Template, service: string): Statement[] {
  return [...resourcesOf(template, 'AWS::IAM::Policy').values()]
    .flatMap(({ Properties }) => (Properties.PolicyDocument as { Statement: Statement[] }).Statement)
    .filter(({ Action }) => [Action].flat().some((action) => action.startsWith(`${service}:`)));
}

function applicationSecretOf(template: Template): string {
  const ids = [...resourcesOf(template, 'AWS::SecretsManager::Secret').keys()];
  return ids.find((id) => id.startsWith('ErrandDatabaseApplicationSecret')) ?? '';
}

describe('the user’s own cluster', () => {
  it('leaves the stack without a database, a network and a master secret', () => {
    // WHEN
    const template = templateOf({ auroraClusterArn, auroraSecretArn });
    // THEN
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>);
    expect(types.filter(({ Type }) => /^AWS::(RDS|EC2)::/.test(Type))).toEqual([]);
    const secrets = [...resourcesOf(template, 'AWS::SecretsManager::Secret').keys()];
    expect(secrets).toEqual([applicationSecretOf(template)]);
  });

  it('is replaced on this machine by the embedded database, with a warning', () => {
    // GIVEN
    const stack = new Stack(new App({ context: { ...onHost, 'aws:cdk:bundling-stacks': [] } }), 'Theirs');
    // WHEN
    new Errand(stack, 'Errand', { auroraClusterArn, auroraSecretArn });
    // THEN
    Template.fromStack(stack).resourceCountIs('AWS::RDS::DBCluster', 1);
    AnnotationsOf.fromStack(stack).hasWarning(
      '/Theirs/Errand',
      Match.stringLikeRegexp(`${auroraClusterArn} is not on this machine`),
    );
  });

  it('is passed to the functions, with the errand database or another one', () => {
    // WHEN
    const template = templateOf({ auroraClusterArn, auroraSecretArn });
    const named = templateOf({ auroraClusterArn, auroraSecretArn, auroraDatabaseName: 'jobs' });
    // THEN
    for (const part of ['Api', 'Worker', 'DeadLetter', 'Sweeper', 'Schedules', 'Migrations']) {
      const secret = part === 'Migrations' ? auroraSecretArn : { Ref: applicationSecretOf(template) };
      const address = { CLUSTER_ARN: auroraClusterArn, SECRET_ARN: secret };
      expect(functionOf(template, part).Environment).toMatchObject({
        Variables: { ...address, DATABASE_NAME: 'errand' },
      });
      expect(functionOf(named, part).Environment).toMatchObject({
        Variables: { ...address, DATABASE_NAME: 'jobs' },
      });
    }
    template.hasOutput('ClusterArn', { Value: auroraClusterArn });
    template.hasOutput('SecretArn', { Value: auroraSecretArn });
    named.hasOutput('DatabaseName', { Value: 'jobs' });
  });

  it('gets a database user for the functions whose name no other database of the cluster uses', () => {
    // WHEN
    const users = ['errand', 'jobs'].map((auroraDatabaseName) => {
      const template = templateOf({ auroraClusterArn, auroraSecretArn, auroraDatabaseName });
      const secret = resourcesOf(template, 'AWS::SecretsManager::Secret').get(applicationSecretOf(template));
      const { SecretStringTemplate } = secret?.Properties.GenerateSecretString as {
        SecretStringTemplate: string;
      };
      return JSON.parse(SecretStringTemplate) as unknown;
    });
    // THEN
    expect(users).toEqual([{ username: 'errand_app_errand' }, { username: 'errand_app_jobs' }]);
  });

  it('is the only one that functions may access through the Data API, and only the migrations may use its secret', () => {
    // WHEN
    const template = templateOf({ auroraClusterArn, auroraSecretArn });
    // THEN
    const calls = statementsOf(template, 'rds-data');
    const secrets = statementsOf(template, 'secretsmanager');
    expect(calls).toHaveLength(6);
    expect(secrets).toHaveLength(6);
    expect(new Set(calls.map(({ Resource }) => Resource))).toEqual(new Set([auroraClusterArn]));
    const own = { Ref: applicationSecretOf(template) };
    const all: unknown[] = secrets.map(({ Resource }) => Resource);
    expect(all.filter(Array.isArray)).toEqual([[auroraSecretArn, own]]);
    expect(all.filter((resource) => !Array.isArray(resource))).toEqual([own, own, own, own, own]);
  });

  it('is migrated before the functions change', () => {
    // WHEN
    const template = templateOf({ auroraClusterArn, auroraSecretArn });
    // THEN
    const [runId] = [...resourcesOf(template, 'Custom::Migration').keys()];
    const functions = [...resourcesOf(template, 'AWS::Lambda::Function')];
    const users = functions.filter(([, { DependsOn }]) => DependsOn?.includes(runId ?? ''));
    expect(users).toHaveLength(5);
  });

  it('already has a network, so another one is refused', () => {
    const stack = new Stack(unbundledApp(), 'Own');
    const vpc = new Vpc(stack, 'Vpc') as IVpc;
    expect(() => new Errand(stack, 'Jobs', { auroraClusterArn, auroraSecretArn, vpc })).toThrow(
      `vpc can't be combined with auroraClusterArn "${auroraClusterArn}"`,
    );
  });
});

describe('the stack’s own cluster', () => {
  it('keeps its earlier names, because another name would mean another database', () => {
    // WHEN
    const template = templateOf();
    // THEN
    for (const [type, id] of [
      ['AWS::RDS::DBCluster', 'ErrandDatabaseCluster'],
      ['AWS::RDS::DBInstance', 'ErrandDatabaseClusterWriter'],
      ['AWS::EC2::VPC', 'ErrandNetwork'],
    ] as const) {
      expect([...resourcesOf(template, type).keys()]).toEqual([
        expect.stringMatching(new RegExp(`^${id}[0-9A-F]{8}$`)),
      ]);
    }
    expect([...resourcesOf(template, 'AWS::SecretsManager::Secret').keys()]).toEqual([
      applicationSecretOf(template),
      expect.stringMatching(/^ErrandDatabaseMasterSecret[0-9A-F]{8}$/),
    ]);
  });
});
