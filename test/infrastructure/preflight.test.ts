import { describe, expect, it } from '@jest/globals';
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2';
import type { IVpc } from 'aws-cdk-lib/aws-ec2';
import { Stack } from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { Errand } from '../../lib/errand.ts';
import { resourceNamed, resourcesOf, templateOf, unbundledApp } from './errand-template.ts';

const PREFLIGHT = 'Custom::Preflight';

describe('the preflight check', () => {
  it('gets the concurrency that each queue reserves', () => {
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

  it('comes before the network, the cluster and the table with deletion protection', () => {
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

  it('comes before a cluster in a network of your own, which it leaves as it is', () => {
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
