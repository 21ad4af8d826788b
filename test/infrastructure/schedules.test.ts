import { describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import { resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

describe('the schedules', () => {
  const template = templateOf();

  it('stand in a group of their own, which goes with the stack', () => {
    expect(resourcesOf(template, 'AWS::Scheduler::ScheduleGroup').size).toBe(1);
    template.hasResource('AWS::Scheduler::ScheduleGroup', { DeletionPolicy: Match.absent() });
  });

  it('fire in the name of a role that only EventBridge Scheduler takes on, for this account', () => {
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

  it('may invoke their function and send to the two queues, and nothing else', () => {
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
      ['sqs:SendMessage', 'QueuesDeadLetter', 'QueuesMain'],
    ]);
  });
});
