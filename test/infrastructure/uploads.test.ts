import { describe, expect, it } from '@jest/globals';
import { functionOf, resourceNamed, templateOf } from './errand-template.ts';

const BUCKET = 'AWS::S3::Bucket';

describe('the bucket for uploads', () => {
  const template = templateOf();
  const bucket = resourceNamed(template, BUCKET, 'ErrandUploads');

  it('is closed to everyone outside the account, and to all pages', () => {
    expect(bucket.properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(bucket.properties.OwnershipControls).toEqual({
      Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }],
    });
    expect(bucket.properties).not.toHaveProperty('CorsConfiguration');
  });

  it('lets pages from corsOrigins post files, and read the outcome', () => {
    const open = templateOf({ corsOrigins: ['https://app.example.com', 'http://localhost:5173'] });
    expect(resourceNamed(open, BUCKET, 'ErrandUploads').properties.CorsConfiguration).toEqual({
      CorsRules: [
        {
          AllowedOrigins: ['https://app.example.com', 'http://localhost:5173'],
          AllowedMethods: ['POST'],
          AllowedHeaders: ['*'],
          MaxAge: 7200,
        },
      ],
    });
  });

  it('encrypts its files, and refuses connections without TLS', () => {
    expect(bucket.properties.BucketEncryption).toEqual({
      ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
    });
    const policy = resourceNamed(template, 'AWS::S3::BucketPolicy', 'ErrandUploads').properties;
    expect(policy.PolicyDocument).toMatchObject({
      Statement: [
        { Effect: 'Deny', Action: 's3:*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ],
    });
  });

  it('deletes files after seven days, or the configured number of days', () => {
    const rulesOf = (properties: Readonly<Record<string, unknown>>): unknown =>
      properties.LifecycleConfiguration;
    const rules = (days: number): unknown => ({
      Rules: [
        {
          Id: 'expire',
          Status: 'Enabled',
          ExpirationInDays: days,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
        },
      ],
    });
    expect(rulesOf(bucket.properties)).toEqual(rules(7));
    const longer = templateOf({ uploadRetentionDays: 30 });
    expect(rulesOf(resourceNamed(longer, BUCKET, 'ErrandUploads').properties)).toEqual(rules(30));
    expect(JSON.stringify(functionOf(longer, 'Worker').Environment)).toContain(
      '"UPLOAD_RETENTION_DAYS":"30"',
    );
  });

  it('remains after the stack, unless its creation is rolled back or its deletion is allowed, and is never emptied automatically', () => {
    const policies = { DeletionPolicy: 'RetainExceptOnCreate', UpdateReplacePolicy: 'Retain' };
    expect(bucket.resource).toMatchObject(policies);
    const unprotected = templateOf({ deletionProtection: false });
    expect(resourceNamed(unprotected, BUCKET, 'ErrandUploads').resource).toMatchObject({
      DeletionPolicy: 'Delete',
    });
    expect(Object.keys(unprotected.findResources('Custom::S3AutoDeleteObjects'))).toEqual([]);
  });

  it('is passed to the API, which signs uploads, and to the worker, which reads them', () => {
    for (const part of ['Api', 'Worker']) {
      const { Variables } = functionOf(template, part).Environment as { Variables: unknown };
      expect(Variables).toMatchObject({ UPLOADS_BUCKET: { Ref: bucket.id } });
    }
  });

  it('lets the API read and write, and the worker read, only below uploads/', () => {
    const files = { 'Fn::Join': ['', [{ 'Fn::GetAtt': [bucket.id, 'Arn'] }, '/uploads/*']] };
    const statementsOf = (part: string): unknown[] => {
      const policy = resourceNamed(template, 'AWS::IAM::Policy', `Errand${part}FunctionRole`).properties;
      return (policy.PolicyDocument as { Statement: unknown[] }).Statement.filter((statement) =>
        JSON.stringify(statement).includes(bucket.id),
      );
    };
    // Without this permission, S3 would report a missing file as forbidden.
    const list = { Effect: 'Allow', Action: 's3:ListBucket', Resource: { 'Fn::GetAtt': [bucket.id, 'Arn'] } };
    expect(statementsOf('Api')).toEqual([
      { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: files },
      list,
    ]);
    expect(statementsOf('Worker')).toEqual([
      { Effect: 'Allow', Action: 's3:GetObject', Resource: files },
      list,
    ]);
  });
});
