import { describe, expect, it } from '@jest/globals';
import { COMBINATIONS } from './combinations.ts';
import { resourcesOf, templateOf } from './errand-template.ts';

describe.each(Object.entries(COMBINATIONS))('a stack with %s', (_name, props) => {
  const template = templateOf(props);
  const propertiesOf = (type: string) =>
    [...resourcesOf(template, type).values()].map(({ Properties: properties }) => properties);

  it('keeps every log for a configured time', () => {
    const groups = propertiesOf('AWS::Logs::LogGroup');
    expect(groups.length).toBeGreaterThanOrEqual(resourcesOf(template, 'AWS::Lambda::Function').size);
    for (const group of groups) expect(group.RetentionInDays).toBe(30);
  });

  it('refuses requests without TLS to the queue and the bucket', () => {
    const withoutTls = expect.objectContaining({
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    });
    const policies = [...propertiesOf('AWS::SQS::QueuePolicy'), ...propertiesOf('AWS::S3::BucketPolicy')];
    expect(policies).toHaveLength(
      resourcesOf(template, 'AWS::SQS::Queue').size + resourcesOf(template, 'AWS::S3::Bucket').size,
    );
    for (const policy of policies) {
      expect((policy.PolicyDocument as { Statement: unknown[] }).Statement).toContainEqual(withoutTls);
    }
  });

  it('encrypts stored data', () => {
    for (const cluster of propertiesOf('AWS::RDS::DBCluster')) expect(cluster.StorageEncrypted).toBe(true);
    for (const queue of propertiesOf('AWS::SQS::Queue')) expect(queue.SqsManagedSseEnabled).toBe(true);
    for (const bucket of propertiesOf('AWS::S3::Bucket')) expect(bucket.BucketEncryption).toBeDefined();
  });

  it('has no public buckets, and allows pages from other origins only if configured', () => {
    for (const bucket of propertiesOf('AWS::S3::Bucket')) {
      expect(bucket.PublicAccessBlockConfiguration).toEqual({
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      });
    }
    if (props.corsOrigins !== undefined) return;
    for (const type of ['AWS::ApiGatewayV2::Api', 'AWS::S3::Bucket'])
      for (const resource of propertiesOf(type)) expect(resource).not.toHaveProperty('CorsConfiguration');
  });

  it('throttles the API, and does not log paths, queries or headers', () => {
    for (const stage of propertiesOf('AWS::ApiGatewayV2::Stage')) {
      expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 });
      const { Format: format } = stage.AccessLogSettings as { Format: string };
      expect(Object.values(JSON.parse(format) as Record<string, string>).sort()).toEqual([
        '$context.error.message',
        '$context.httpMethod',
        '$context.identity.sourceIp',
        '$context.integrationErrorMessage',
        '$context.requestId',
        '$context.requestTime',
        '$context.responseLatency',
        '$context.responseLength',
        '$context.routeKey',
        '$context.status',
      ]);
    }
  });
});
