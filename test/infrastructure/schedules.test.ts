import { describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { functionOf, resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

describe('the schedules', () => {
  const template = templateOf();

  it('are in their own group, which is deleted with the stack', () => {
    expect(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup').size).toBe(1);
    template.hasResource('AWS::Scheduler::ScheduleGroup', { DeletionPolicy: Match.absent() });
  });

  it('fire with a role that only EventBridge Scheduler may assume, for this account', () => {
    const { properties } = resourceNamed(template, 'AWS::IAM::Role', 'ErrandSchedulesRole');
    expect(properties.AssumeRolePolicyDocument).toMatchObject({
      Statement: [
        {
          Action: 'sts:AssumeRole',
          Principal: { Service: 'scheduler.amazonaws.com' },
          Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
        },
      ],
    });
  });

  it('send their firings to a queue with the limits that AWS advises', () => {
    const queue = resourceNamed(template, 'AWS::SQS::Queue', 'ErrandSchedulesFirings');
    const deadLetters = resourceNamed(template, 'AWS::SQS::Queue', 'ErrandQueuesDeadLetter');
    const { Timeout: timeout } = functionOf(template, 'Schedules') as { Timeout: number };
    expect(queue.properties).toEqual({
      VisibilityTimeout: 6 * timeout,
      MessageRetentionPeriod: 10 * 86_400,
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: { 'Fn::GetAtt': [deadLetters.id, 'Arn'] }, maxReceiveCount: 100 },
    });
    template.hasResourceProperties('AWS::Lambda::EventSourceMapping', {
      EventSourceArn: { 'Fn::GetAtt': [queue.id, 'Arn'] },
      FunctionName: { Ref: resourceNamed(template, 'AWS::Lambda::Function', 'ErrandSchedulesFunction').id },
      BatchSize: 10,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ScalingConfig: { MaximumConcurrency: 2 },
    });
  });

  it('have a role that functions may pass only to EventBridge Scheduler', () => {
    const statements = [...resourcesOf(template, 'AWS::IAM::Policy').values()].flatMap(
      ({ Properties: { PolicyDocument } }) =>
        (PolicyDocument as { Statement: { Action: unknown; Resource: unknown; Condition?: unknown }[] })
          .Statement,
    );
    const passing = statements.filter(({ Action: action }) => action === 'iam:PassRole');
    const role = resourceNamed(template, 'AWS::IAM::Role', 'ErrandSchedulesRole');
    expect(passing).toHaveLength(2);
    for (const statement of passing) {
      expect(statement).toMatchObject({
        Resource: { 'Fn::GetAtt': [role.id, 'Arn'] },
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      });
    }
  });

  it('may only invoke their function and send to the queues', () => {
    const { properties } = resourceNamed(template, 'AWS::IAM::Policy', 'ErrandSchedulesRoleDefaultPolicy');
    const { Statement: statements } = properties.PolicyDocument as {
      Statement: { Action: string; Resource: unknown }[];
    };
    const granted = statements.map(({ Action: action, Resource: resource }) => [
      action,
      ...[resource].flat().map((each) => /"Errand(\w+?)[0-9A-F]{8}"/.exec(JSON.stringify(each))?.[1]),
    ]);
    expect(granted).toEqual([
      ['lambda:InvokeFunction', 'SchedulesFunction'],
      ['sqs:SendMessage', 'QueuesDeadLetter', 'QueuesMain', 'SchedulesFirings'],
    ]);
  });
});
