import { describe, expect, it } from '@jest/globals';
import { Duration } from 'aws-cdk-lib/core';
import { Match } from 'aws-cdk-lib/assertions';
import { functionOf, resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

const QUEUE = 'AWS::SQS::Queue';

describe('the queues', () => {
  it('are encrypted, and refuse requests without TLS', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const queues = [...resourcesOf(template, QUEUE).keys()];
    expect(queues).toHaveLength(3);
    template.allResourcesProperties(QUEUE, { SqsManagedSseEnabled: true });
    for (const queue of queues) {
      template.hasResourceProperties('AWS::SQS::QueuePolicy', {
        Queues: [{ Ref: queue }],
        PolicyDocument: Match.objectLike({
          Statement: [
            Match.objectLike({
              Effect: 'Deny',
              Action: 'sqs:*',
              Principal: { AWS: '*' },
              Condition: { Bool: { 'aws:SecureTransport': 'false' } },
            }),
          ],
        }),
      });
    }
  });

  it('hide a message for longer than the reader’s timeout', () => {
    // WHEN
    const template = templateOf({ jobTimeout: Duration.seconds(120) });
    // THEN
    for (const [queue, reader] of [
      ['Main', 'Worker'],
      ['DeadLetter', 'DeadLetter'],
    ] as const) {
      const { VisibilityTimeout } = resourceNamed(template, QUEUE, `ErrandQueues${queue}`).properties;
      expect(VisibilityTimeout).toBeGreaterThan(functionOf(template, reader).Timeout as number);
    }
  });

  it('have the configured visibility timeout', () => {
    // WHEN
    const template = templateOf({
      jobTimeout: Duration.seconds(3),
      visibilityTimeout: Duration.seconds(5),
    });
    // THEN
    expect(resourceNamed(template, QUEUE, 'ErrandQueuesMain').properties.VisibilityTimeout).toBe(5);
  });

  it('move messages that were delivered too often to the dead-letter queue, which keeps them for the longest time', () => {
    // WHEN
    const template = templateOf();
    // THEN
    const main = resourceNamed(template, QUEUE, 'ErrandQueuesMain').properties;
    const deadLetter = resourceNamed(template, QUEUE, 'ErrandQueuesDeadLetter');
    expect(main.RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': [deadLetter.id, 'Arn'] },
      maxReceiveCount: 100,
    });
    expect(deadLetter.properties.MessageRetentionPeriod).toBe(14 * 86_400);
    expect(main.MessageRetentionPeriod).toBeLessThan(14 * 86_400);
  });
});

describe('the dedup window’s table', () => {
  it('has the key pk, deletes items by expires_at, and is billed on demand', () => {
    // WHEN
    const template = templateOf({ auth: 'iam' });
    // THEN
    template.resourceCountIs('AWS::DynamoDB::Table', 1);
    template.hasResource('AWS::DynamoDB::Table', {
      Properties: {
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
        BillingMode: 'PAY_PER_REQUEST',
      },
      DeletionPolicy: 'Delete',
    });
  });
});
