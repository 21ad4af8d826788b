import { describe, expect, it } from '@jest/globals';
import { Duration, Stack } from 'aws-cdk-lib/core';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Errand } from '../../lib/errand.ts';
import { ErrandStack } from '../../lib/errand-stack.ts';
import { templateOf, unbundledApp } from './errand-template.ts';

describe('the stack', () => {
  it('has the outputs that a caller and an operator need', () => {
    expect(Object.keys(templateOf().findOutputs('*')).sort()).toEqual([
      'ApiFunctionName',
      'ApiUrl',
      'ApplicationSecretArn',
      'AuthorizerFunctionName',
      'ClusterArn',
      'DatabaseName',
      'DeadLetterFunctionName',
      'DeadLetterQueueUrl',
      'FiringsQueueUrl',
      'KeyTableName',
      'MigrationsFunctionName',
      'QueueUrl',
      'ScheduleGroupName',
      'ScheduledFunctionName',
      'SecretArn',
      'SweeperFunctionName',
      'TableName',
      'UploadsBucketName',
      'WorkerFunctionName',
    ]);
  });

  it('deploys to any account and region', () => {
    const stack = new ErrandStack(unbundledApp(), 'Errand');
    expect(stack.environment).toBe('aws://unknown-account/unknown-region');
  });

  it('has termination protection as long as its database is protected', () => {
    expect(new ErrandStack(unbundledApp(), 'Errand').terminationProtection).toBe(true);
    const unprotected = new ErrandStack(unbundledApp(), 'Errand', { deletionProtection: false });
    expect(unprotected.terminationProtection).toBe(false);
  });
});

describe('the construct in someone else’s app', () => {
  it('needs only a scope, and can be used twice', () => {
    // GIVEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    // WHEN
    new Errand(stack, 'Invoices');
    new Errand(stack, 'Reports', { jobTimeout: Duration.seconds(60) });
    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::RDS::DBCluster', 2);
    template.hasResourceProperties('AWS::Lambda::Function', { Description: 'Runs jobs.', Timeout: 60 });
    expect(template.findOutputs('*')).toEqual({});
  });

  it('exposes its API and its keys', () => {
    const stack = new Stack(unbundledApp(), 'Theirs');
    const errand = new Errand(stack, 'Jobs');
    expect(stack.resolve(errand.url)).toEqual({
      'Fn::GetAtt': [expect.stringMatching(/^JobsApi/), 'ApiEndpoint'],
    });
    expect(stack.resolve(errand.keyTable?.tableName)).toEqual({ Ref: expect.stringMatching(/Keys/) });
    const open = new Errand(stack, 'Open', { auth: 'none', allowUnauthenticated: true });
    expect(open.keyTable).toBeUndefined();
  });

  it('can use an existing network for its database', () => {
    // GIVEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    const vpc = new Vpc(stack, 'Network', {
      natGateways: 0,
      subnetConfiguration: [
        { name: 'Public', subnetType: SubnetType.PUBLIC },
        { name: 'Isolated', subnetType: SubnetType.PRIVATE_ISOLATED },
      ],
    });
    // WHEN
    new Errand(stack, 'Jobs', { vpc: vpc as IVpc });
    // THEN
    const template = Template.fromStack(stack);
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.hasResourceProperties('AWS::RDS::DBSubnetGroup', {
      SubnetIds: vpc.isolatedSubnets.map(({ subnetId }) => stack.resolve(subnetId) as unknown),
    });
  });

  it('lets callers with a grant call its API', () => {
    // GIVEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ecs-tasks.amazonaws.com') });
    // WHEN
    new Errand(stack, 'Jobs').grantInvoke(caller);
    // THEN
    Template.fromStack(stack).hasResourceProperties('AWS::IAM::Policy', {
      Roles: [stack.resolve(caller.roleName)],
      PolicyDocument: Match.objectLike({
        Statement: [Match.objectLike({ Action: 'execute-api:Invoke', Effect: 'Allow' })],
      }),
    });
  });

  it('refuses impossible settings, and names the property', () => {
    // GIVEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    // THEN
    expect(
      () =>
        new Errand(stack, 'Jobs', {
          jobTimeout: Duration.seconds(60),
          visibilityTimeout: Duration.seconds(60),
        }),
    ).toThrow('visibilityTimeout "60" is not longer than jobTimeout "60"');
  });
});

describe('the construct in an assembly', () => {
  /** Returns the metadata that an Errand construct writes, given this context. */
  function descriptionOf(context: Record<string, unknown>): unknown {
    const app = unbundledApp();
    const stack = new Stack(app, 'Theirs');
    for (const [name, value] of Object.entries(context)) stack.node.setContext(name, value);
    const { node } = new Errand(stack, 'Jobs');
    const found = node.metadata.find(({ type }) => type === 'errand:construct');
    return found && stack.resolve(found.data);
  }

  it('describes itself to the embedded cloud', () => {
    expect(descriptionOf({ 'errand:run-on-host': true })).toEqual({
      outputs: expect.objectContaining({
        KeyTableName: { Ref: expect.stringMatching(/^JobsAuthenticationKeys/) },
        DatabaseName: 'errand',
      }),
    });
  });

  it('passes the account’s quota to the embedded cloud, and changes nothing in a deployment', () => {
    const metadataOf = (context: Record<string, unknown>): unknown => {
      const stack = new Stack(unbundledApp(), 'Theirs');
      for (const [name, value] of Object.entries(context)) stack.node.setContext(name, value);
      new Errand(stack, 'Jobs', { accountConcurrency: 2000 });
      return stack.templateOptions.metadata;
    };
    expect(metadataOf({ 'errand:run-on-host': true })).toEqual({
      'errand-local': { accountConcurrency: 2000 },
    });
    expect(metadataOf({})).toBeUndefined();
  });

  it('writes no metadata in a deployment', () => {
    expect(descriptionOf({})).toBeUndefined();
  });
});
