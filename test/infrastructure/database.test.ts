import { describe, expect, it } from '@jest/globals';
import { Duration } from 'aws-cdk-lib/core';
import { Match } from 'aws-cdk-lib/assertions';
import { resourcesOf, templateOf } from './errand-template.ts';

describe('the database', () => {
  it('scales to zero and pauses, speaks the Data API, and is encrypted', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.resourceCountIs('AWS::RDS::DBCluster', 1);
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      Engine: 'aurora-postgresql',
      EngineVersion: '17.7',
      DatabaseName: 'errand',
      EnableHttpEndpoint: true,
      StorageEncrypted: true,
      BackupRetentionPeriod: 7,
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 4, SecondsUntilAutoPause: 300 },
    });
    template.hasResourceProperties('AWS::RDS::DBInstance', {
      DBInstanceClass: 'db.serverless',
      PubliclyAccessible: false,
    });
  });

  it('takes its capacity and its pause from the settings', () => {
    // WHEN
    const template = templateOf({ auroraMaxAcu: 16, auroraAutoPause: Duration.hours(1) });
    // THEN
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 16, SecondsUntilAutoPause: 3600 },
    });
  });

  it('never pauses where it may not scale to zero', () => {
    // WHEN
    const template = templateOf({ auroraMinAcu: 0.5 });
    // THEN
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      ServerlessV2ScalingConfiguration: {
        MinCapacity: 0.5,
        MaxCapacity: 4,
        SecondsUntilAutoPause: Match.absent(),
      },
    });
  });

  it('refuses to be deleted, and leaves a snapshot behind where it is replaced', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.hasResource('AWS::RDS::DBCluster', {
      Properties: { DeletionProtection: true },
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
    });
  });

  it('goes with its stack once the protection is off', () => {
    // WHEN
    const template = templateOf({ deletionProtection: false });
    // THEN
    template.hasResource('AWS::RDS::DBCluster', {
      Properties: { DeletionProtection: false },
      DeletionPolicy: 'Delete',
    });
  });

  it('gets its password from Secrets Manager, which made it up', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const secretIds = [...resourcesOf(template, 'AWS::SecretsManager::Secret').keys()];
    const secretId = secretIds.find((id) => id.includes('MasterSecret'));
    // The other is that of the functions' user.
    expect(secretIds).toHaveLength(2);
    template.hasResourceProperties('AWS::SecretsManager::Secret', {
      GenerateSecretString: Match.objectLike({ GenerateStringKey: 'password' }),
    });
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      MasterUserPassword: {
        'Fn::Join': ['', ['{{resolve:secretsmanager:', { Ref: secretId }, ':SecretString:password::}}']],
      },
    });
  });
});

describe('the network of the database', () => {
  it('is two isolated subnets, with no way in, no way out, and nothing that costs', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.resourceCountIs('AWS::EC2::VPC', 1);
    template.resourceCountIs('AWS::EC2::Subnet', 2);
    for (const gateway of [
      'AWS::EC2::InternetGateway',
      'AWS::EC2::EgressOnlyInternetGateway',
      'AWS::EC2::NatGateway',
      'AWS::EC2::VPNGateway',
      'AWS::EC2::Route',
      'AWS::EC2::VPCEndpoint',
      'AWS::EC2::EIP',
    ]) {
      template.resourceCountIs(gateway, 0);
    }
    template.allResourcesProperties('AWS::EC2::Subnet', { MapPublicIpOnLaunch: false });
  });

  it('lets nobody in and nothing out of the security group', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
    template.resourceCountIs('AWS::EC2::SecurityGroupIngress', 0);
    template.hasResourceProperties('AWS::EC2::SecurityGroup', {
      SecurityGroupIngress: Match.absent(),
      SecurityGroupEgress: [Match.objectLike({ CidrIp: '255.255.255.255/32' })],
    });
  });

  it('holds no function: they reach the database through the Data API', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.allResourcesProperties('AWS::Lambda::Function', { VpcConfig: Match.absent() });
    expect(resourcesOf(template, 'AWS::Lambda::Function').size).toBe(8);
  });
});
