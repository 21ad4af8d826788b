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
      EngineVersion: '17',
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

  it('has the configured capacity and pause', () => {
    // WHEN
    const template = templateOf({ auroraMaxAcu: 16, auroraAutoPause: Duration.hours(1) });
    // THEN
    template.hasResourceProperties('AWS::RDS::DBCluster', {
      ServerlessV2ScalingConfiguration: { MinCapacity: 0, MaxCapacity: 16, SecondsUntilAutoPause: 3600 },
    });
  });

  it('never pauses if it may not scale to zero', () => {
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

  it('gets every minor upgrade from AWS, so the template contains no minor version', () => {
    // WHEN
    const template = templateOf({ auroraReaders: 2 });
    // THEN
    const clusters = [...resourcesOf(template, 'AWS::RDS::DBCluster').values()];
    const instances = [...resourcesOf(template, 'AWS::RDS::DBInstance').values()];
    expect(clusters.map(({ Properties }) => Properties.EngineVersion)).toEqual(['17']);
    expect(instances.map(({ Properties }) => Properties.EngineVersion)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    // Aurora upgrades a cluster only if every instance allows the upgrade.
    for (const { Properties } of [...clusters, ...instances]) {
      expect(Properties.AutoMinorVersionUpgrade).toBe(true);
    }
  });

  it('has a writer and no readers by default', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.resourceCountIs('AWS::RDS::DBInstance', 1);
    template.hasResourceProperties('AWS::RDS::DBInstance', { PromotionTier: 0 });
  });

  it('has a first reader with the writer’s capacity, and others that pause on their own', () => {
    // WHEN
    const template = templateOf({ auroraReaders: 3 });
    // THEN
    const instances = [...resourcesOf(template, 'AWS::RDS::DBInstance').values()];
    expect(instances.map(({ Properties }) => Properties.PromotionTier)).toEqual([0, 1, 2, 2]);
    for (const { Properties } of instances) {
      expect(Properties).toMatchObject({ DBInstanceClass: 'db.serverless', PubliclyAccessible: false });
    }
  });

  it('does not change the writer when readers are added', () => {
    // WHEN
    const [without, withReaders] = [templateOf(), templateOf({ auroraReaders: 1 })].map(
      (template) => [...resourcesOf(template, 'AWS::RDS::DBInstance')][0],
    );
    // THEN
    expect(withReaders).toEqual(without);
  });

  it('has deletion protection, and leaves a snapshot if it is replaced', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.hasResource('AWS::RDS::DBCluster', {
      Properties: { DeletionProtection: true },
      DeletionPolicy: 'Snapshot',
      UpdateReplacePolicy: 'Snapshot',
    });
  });

  it('keeps its instances, secret and network if it is retained, so that another cluster can replace it', () => {
    // WHEN
    const template = templateOf({ auroraRetain: true, auroraReaders: 1 });
    // THEN
    const resources = Object.entries(
      template.toJSON().Resources as Record<string, { Type: string; DeletionPolicy?: string }>,
    );
    const ofDatabase = resources.filter(
      ([id, { Type }]) => /^AWS::(RDS|EC2)::/.test(Type) || id.startsWith('ErrandDatabaseMasterSecret'),
    );
    expect(ofDatabase.length).toBeGreaterThan(10);
    for (const [, { DeletionPolicy }] of ofDatabase) expect(DeletionPolicy).toBe('RetainExceptOnCreate');
    const [application] = resources.filter(([id]) => id.startsWith('ErrandDatabaseApplicationSecret'));
    expect(application?.[1].DeletionPolicy).toBe('Delete');
  });

  it('tells the migrations that it is not retained, unless it is retained or its data may be deleted', () => {
    const toldTo = (props: Parameters<typeof templateOf>[0]): unknown =>
      [...resourcesOf(templateOf(props), 'Custom::Migration').values()][0]?.Properties.clusterRetained;
    expect(toldTo({})).toBe(false);
    expect(toldTo({ auroraRetain: true })).toBeUndefined();
    expect(toldTo({ deletionProtection: false })).toBeUndefined();
  });

  it('is deleted with its stack if the protection is off', () => {
    // WHEN
    const template = templateOf({ deletionProtection: false });
    // THEN
    template.hasResource('AWS::RDS::DBCluster', {
      Properties: { DeletionProtection: false },
      DeletionPolicy: 'Delete',
    });
  });

  it('gets its password from Secrets Manager, which generates it', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const secretIds = [...resourcesOf(template, 'AWS::SecretsManager::Secret').keys()];
    const secretId = secretIds.find((id) => id.includes('MasterSecret'));
    // There is one secret for the master user, and one for the functions' user.
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

describe('the database’s network', () => {
  it('has two isolated subnets, without access in or out, and without costs', () => {
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

  it('allows no traffic through the security group', () => {
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

  it('contains no functions, because they use the Data API', () => {
    // WHEN
    const template = templateOf();
    // THEN
    template.allResourcesProperties('AWS::Lambda::Function', { VpcConfig: Match.absent() });
    expect(resourcesOf(template, 'AWS::Lambda::Function').size).toBe(8);
  });
});
