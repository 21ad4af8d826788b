import { describe, expect, it } from '@jest/globals';
import { Match } from 'aws-cdk-lib/assertions';
import type { Template } from 'aws-cdk-lib/assertions';
import { resourceNamed, resourcesOf, templateOf } from './errand-template.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** Returns all actions that a function's role allows, by resource. */
function grantsOf(template: Template, part: string): Record<string, string[]> {
  const { properties } = resourceNamed(template, 'AWS::IAM::Policy', `Errand${part}FunctionRole`);
  const { Statement: statements } = properties.PolicyDocument as { Statement: Statement[] };
  const grants: Record<string, string[]> = {};
  for (const { Effect, Action, Resource } of statements) {
    expect(Effect).toBe('Allow');
    for (const resource of [Resource].flat()) {
      (grants[resourceKind(resource)] ??= []).push(...[Action].flat());
    }
  }
  for (const actions of Object.values(grants)) actions.sort();
  return grants;
}

/** Shortens a resource's name: `{"Fn::GetAtt":["ErrandQueuesMain794F727C","Arn"]}` → `QueuesMain`; `*` is unchanged. */
function resourceKind(resource: unknown): string {
  if (resource === '*') return '*';
  const text = JSON.stringify(resource);
  const [, kind] = /"Errand(\w+?)[0-9A-F]{8}"/.exec(text) ?? [];
  if (kind === undefined) throw new Error(`No resource of the stack: ${text}`);
  return kind;
}

const log = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const secret = ['secretsmanager:GetSecretValue'];
const statements = ['rds-data:ExecuteStatement'];
const schedules = {
  SchedulesGroup: ['scheduler:CreateSchedule', 'scheduler:DeleteSchedule', 'scheduler:UpdateSchedule'],
  SchedulesRole: ['iam:PassRole'],
};

describe('a function has exactly the permissions that it needs', () => {
  const template = templateOf();

  it.each([
    [
      'Api',
      {
        ApiFunctionLogs: log,
        DatabaseCluster: statements,
        DatabaseApplicationSecret: secret,
        DedupTable: [
          'dynamodb:DeleteItem',
          'dynamodb:GetItem',
          'dynamodb:PartiQLDelete',
          'dynamodb:PartiQLInsert',
          'dynamodb:PartiQLUpdate',
          'dynamodb:PutItem',
          'dynamodb:UpdateItem',
        ],
        AuthenticationKeys: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Scan', 'dynamodb:UpdateItem'],
        QueuesMain: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
        QueuesDeadLetter: ['sqs:GetQueueAttributes'],
        ...schedules,
        UploadsBucket: ['s3:GetObject', 's3:ListBucket', 's3:PutObject'],
      },
    ],
    [
      'Schedules',
      {
        SchedulesFunctionLogs: log,
        DatabaseCluster: statements,
        DatabaseApplicationSecret: secret,
        DedupTable: ['dynamodb:UpdateItem'],
        QueuesMain: ['sqs:SendMessage'],
        SchedulesFirings: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        ...schedules,
      },
    ],
    ['Authentication', { AuthenticationFunctionLogs: log, AuthenticationKeys: ['dynamodb:GetItem'] }],
    [
      'Worker',
      {
        WorkerFunctionLogs: log,
        DatabaseCluster: statements,
        DatabaseApplicationSecret: secret,
        QueuesMain: [
          'sqs:ChangeMessageVisibility',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ReceiveMessage',
          'sqs:SendMessage',
        ],
        UploadsBucket: ['s3:GetObject', 's3:ListBucket'],
      },
    ],
    [
      'DeadLetter',
      {
        DeadLetterFunctionLogs: log,
        DatabaseCluster: statements,
        DatabaseApplicationSecret: secret,
        QueuesMain: ['sqs:SendMessage'],
        SchedulesFirings: ['sqs:SendMessage'],
        QueuesDeadLetter: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      },
    ],
    [
      'Sweeper',
      {
        SweeperFunctionLogs: log,
        DatabaseCluster: statements,
        DatabaseApplicationSecret: secret,
        DedupTable: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
        QueuesMain: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
      },
    ],
    [
      'Migrations',
      {
        MigrationsFunctionLogs: log,
        DatabaseCluster: [
          'rds-data:BeginTransaction',
          'rds-data:CommitTransaction',
          'rds-data:ExecuteStatement',
          'rds-data:RollbackTransaction',
        ],
        DatabaseMasterSecret: secret,
        DatabaseApplicationSecret: secret,
      },
    ],
    ['Preflight', { PreflightFunctionLogs: log, '*': ['lambda:GetAccountSettings'] }],
  ])('%s', (part, grants) => {
    expect(grantsOf(template, part)).toEqual(grants);
  });

  it('on the key table only if callers have keys', () => {
    const open = templateOf({ auth: 'none', allowUnauthenticated: true });
    expect(Object.keys(grantsOf(open, 'Api'))).not.toContain('AuthenticationKeys');
  });

  it('only through its own role, and EventBridge Scheduler’s through another, without managed policies or others’ policies', () => {
    template.allResourcesProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
    });
    expect(resourcesOf(template, 'AWS::IAM::Role').size).toBe(9);
    expect(resourcesOf(template, 'AWS::IAM::Policy').size).toBe(9);
  });
});
