import { describe, expect, it } from '@jest/globals';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Stack } from 'aws-cdk-lib/core';
import { Annotations, Match, Template } from 'aws-cdk-lib/assertions';
import { Errand, type ErrandProps } from '../../lib/errand.ts';
import { resourceNamed, resourcesOf, templateOf, unbundledApp } from './errand-template.ts';

const PREFLIGHT = 'Custom::Preflight';

describe('the preflight check', () => {
  it('gets each queue’s reserved concurrency', () => {
    // WHEN
    const template = templateOf({ jobPrefetch: 7, queues: { images: { concurrency: 5 } } });
    // THEN
    const { properties } = resourceNamed(template, PREFLIGHT, 'ErrandPreflight');
    const { id } = resourceNamed(template, 'AWS::Lambda::Function', 'ErrandPreflight');
    expect(properties).toEqual({
      ServiceToken: { 'Fn::GetAtt': [id, 'Arn'] },
      ServiceTimeout: '120',
      reservations: { default: 7, images: 5 },
    });
  });

  it('runs before the network, the cluster and the table with deletion protection', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const { id } = resourceNamed(template, PREFLIGHT, 'ErrandPreflight');
    const later = ['AWS::EC2::VPC', 'AWS::EC2::Subnet', 'AWS::RDS::DBCluster', 'AWS::RDS::DBInstance'];
    for (const type of later) {
      const resources = [...resourcesOf(template, type).values()];
      expect(resources.length).toBeGreaterThan(0);
      for (const { DependsOn } of resources) expect(DependsOn).toContain(id);
    }
    const { resource: keys } = resourceNamed(template, 'AWS::DynamoDB::Table', 'ErrandAuthenticationKeys');
    expect(keys.DependsOn).toContain(id);
  });

  it('runs before a cluster in your own network, which is unchanged', () => {
    // WHEN
    const stack = new Stack(unbundledApp(), 'Theirs');
    const vpc = new Vpc(stack, 'Vpc', {
      subnetConfiguration: [{ name: 'Database', subnetType: SubnetType.PRIVATE_ISOLATED }],
    });
    new Errand(stack, 'Errand', { vpc: vpc as IVpc });
    // THEN
    const template = Template.fromStack(stack);
    const { id } = resourceNamed(template, PREFLIGHT, 'ErrandPreflight');
    expect(resourceNamed(template, 'AWS::RDS::DBCluster', 'Errand').resource.DependsOn).toContain(id);
    expect(resourceNamed(template, 'AWS::EC2::VPC', 'Vpc').resource.DependsOn).toBeUndefined();
  });

  it('has nothing to check without reservations', () => {
    // WHEN
    const template = templateOf({ reserveConcurrency: false });
    // THEN
    template.resourceCountIs(PREFLIGHT, 0);
    template.resourcePropertiesCountIs('AWS::Lambda::Function', { ReservedConcurrentExecutions: 10 }, 0);
  });
});

describe('the executions left for the API', () => {
  /** Returns the problem that the synth reports. The problem is an error if the quota is set, and otherwise a warning. */
  function problemWith(props: ErrandProps): string {
    const stack = new Stack(unbundledApp(), 'Theirs');
    try {
      new Errand(stack, 'Errand', props);
    } catch (error) {
      return `error: ${(error as Error).message}`;
    }
    const [warning] = Annotations.fromStack(stack).findWarning('/Theirs/Errand', Match.anyValue());
    return warning ? `warning: ${warning.entry.data as string}` : '';
  }

  const small = { accountConcurrency: 10, reserveConcurrency: false };

  it('must suffice in a small account; otherwise, the synth fails and says what to lower', () => {
    expect(problemWith(small)).toBe(
      'error: No Lambda executions would be left for the API: accountConcurrency (ACCOUNT_CONCURRENCY) is 10, but up to 21 are needed: ' +
        '10 for the workers, 4 for waiting requests, 2 for one request, and 5 for the functions in the background. Lower jobPrefetch (JOB_PREFETCH), ' +
        'the concurrency of the other queues and maxWaits (MAX_WAITS) to 3 in total, or ask Service Quotas for "Concurrent executions" of ' +
        'AWS Lambda (L-B99A9384) of at least 21.',
    );
  });

  it('suffice once the message’s advice is followed', () => {
    expect(problemWith({ ...small, jobPrefetch: 2, maxWaits: 1 })).toBe('');
    expect(problemWith({ ...small, jobPrefetch: 2, maxWaits: 2 })).toContain('up to 11 are needed');
  });

  it('increase by one without an authorizer function', () => {
    const signed: ErrandProps = { ...small, auth: 'iam' };
    expect(problemWith({ ...signed, jobPrefetch: 2, maxWaits: 2 })).toBe('');
    expect(problemWith({ ...signed, jobPrefetch: 3, maxWaits: 2 })).toContain(
      '1 for one request, and 5 for the functions',
    );
  });

  it('are those that neither queues nor waits use, in an account of any size', () => {
    const queues = { images: { concurrency: 400 }, mails: { concurrency: 83 } };
    const props = { reserveConcurrency: true, jobPrefetch: 10, queues, maxWaits: 500 };
    expect(problemWith({ ...props, accountConcurrency: 1000 })).toBe('');
    expect(problemWith({ ...props, accountConcurrency: 999 })).toContain('of at least 1000.');
  });

  it('only cause a warning if the quota was not set', () => {
    const problem = problemWith({ reserveConcurrency: false, jobPrefetch: 1000 });
    expect(problem).toContain('warning: No Lambda executions would be left for the API');
    expect(problem).toContain(
      'set accountConcurrency (ACCOUNT_CONCURRENCY) if this account has a different one.',
    );
  });

  it('get no advice that exceeds the account’s quota', () => {
    const problem = problemWith({ ...small, accountConcurrency: 7, jobPrefetch: 2 });
    expect(problem).toMatch(/up to 13 are needed: .* in the background\. Ask Service Quotas/);
  });

  it('are not checked if AWS would refuse the reservation, which the synth reports before the deploy', () => {
    expect(problemWith({ accountConcurrency: 10 })).toMatch(
      /^error: The queues reserve 10 .* its quota is 10, .*RESERVE_CONCURRENCY=false .* and ACCOUNT_CONCURRENCY=10, .* of at least 110\.$/,
    );
  });
});
