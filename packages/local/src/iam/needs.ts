import type { IncomingMessage } from 'node:http';
import type { JsonObject } from '../aws-endpoint/json-protocol.ts';
import { targetOf } from '../aws-endpoint/request-target.ts';
import { parseStatement, PartiqlError } from '../dynamodb/partiql-syntax.ts';
import { requestedFunction } from '../lambda/api-error.ts';
import { qualifiedName } from '../lambda/function-reference.ts';
import { addressOf, copySourceOf } from '../s3/address.ts';
import type { Need, Place } from './iam.ts';

/** A call with its parsed body. */
export interface ReadCall {
  readonly service: string;
  /** The action's name in CloudTrail. */
  readonly action: string;
  readonly request: IncomingMessage;
  /** The call's parsed input; empty for S3, for Lambda, and for a body that can't be parsed. */
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * Returns the permissions that a call requires, according to AWS's Service Authorization Reference. Actions that this module does not list,
 * such as list operations, require permission on `*`.
 */
export function needsOf(call: ReadCall, place: Place): Need[] {
  // GetCallerIdentity needs no permission: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
  if (call.service === 'sts' && call.action === 'GetCallerIdentity') return [];
  const needs = NEEDS[call.service]?.(call, place) ?? [];
  if (needs.length > 0) return needs;
  return [{ action: `${PREFIXES[call.service] ?? call.service}:${call.action}`, resource: '*' }];
}

/** Services whose IAM prefix differs from their signing name. */
const PREFIXES: Readonly<Record<string, string>> = { monitoring: 'cloudwatch' };

const NEEDS: Readonly<Record<string, (call: ReadCall, place: Place) => Need[]>> = {
  dynamodb({ action, input }, { region, account }) {
    // Querying an index requires permission on the index.
    const [index] = texts(input.IndexName).map((name) => `/index/${name}`);
    const arn = (table: string) => `arn:aws:dynamodb:${region}:${account}:table/${table}${index ?? ''}`;
    // One permission per statement: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
    if (action === 'BatchExecuteStatement')
      return partiqlNeeds(input.Statements).map(([verb, table]) => ({
        action: `dynamodb:PartiQL${verb}`,
        resource: arn(table),
      }));
    const tables = [
      ...texts(input.TableName),
      // BatchGetItem and BatchWriteItem name their tables as keys of RequestItems.
      ...Object.keys(input.RequestItems ?? {}),
    ];
    return tables.map((table) => ({ action: `dynamodb:${action}`, resource: arn(table) }));
  },

  sqs({ action, input }, { region, account }) {
    const names = [
      ...texts(input.QueueName),
      ...texts(input.QueueUrl).map((url) => url.split('/').at(-1) ?? ''),
    ];
    return names.map((name) => ({
      // AWS's reference lists no batch actions for SQS. A batch requires the permission for the single-message action.
      action: `sqs:${action.replace(/Batch$/, '')}`,
      resource: `arn:aws:sqs:${region}:${account}:${name}`,
    }));
  },

  'rds-data': ({ action, input }) => [
    ...texts(input.resourceArn).map((resource) => ({ action: `rds-data:${action}`, resource })),
    // The Data API reads the secret with its caller's permissions.
    ...texts(input.secretArn).map((resource) => ({ action: 'secretsmanager:GetSecretValue', resource })),
  ],

  secretsmanager: ({ action, input }) =>
    texts(input.SecretId).map((resource) => ({ action: `secretsmanager:${action}`, resource })),

  ssm({ action, input }, { region, account }) {
    return [...texts(input.Name), ...texts(input.Names)].map((name) => ({
      action: `ssm:${action}`,
      resource: `arn:aws:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`,
    }));
  },

  lambda({ action, request }, { region, account }) {
    const { path, query } = targetOf(request);
    const [, , , segment = ''] = path.split('/');
    // Actions such as ListFunctions don't target a specific function.
    if (segment === '' || path.startsWith('/2016-08-19/')) return [];
    const { name, qualifier } = requestedFunction(segment, query);
    // The resource includes the version or alias, because a grant on the function does not cover its versions or aliases
    // (https://docs.aws.amazon.com/lambda/latest/dg/lambda-api-permissions-ref.html).
    const resource = `arn:aws:lambda:${region}:${account}:function:${qualifiedName(name, qualifier)}`;
    return [{ action: action === 'Invoke' ? 'lambda:InvokeFunction' : `lambda:${action}`, resource }];
  },

  // https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
  monitoring({ action, input }, { region, account }) {
    const alarm = (name: string) => `arn:aws:cloudwatch:${region}:${account}:alarm:${name}`;
    const needed = { action: `cloudwatch:${action}` };
    switch (action) {
      case 'PutMetricData':
        return texts(input.Namespace).map((namespace) => ({
          ...needed,
          resource: '*',
          context: { 'cloudwatch:namespace': namespace },
        }));
      case 'SetAlarmState':
        return texts(input.AlarmName).map((name) => ({ ...needed, resource: alarm(name) }));
      case 'DescribeAlarmHistory':
        return [{ ...needed, resource: alarm(texts(input.AlarmName)[0] ?? '*') }];
      case 'DescribeAlarms': {
        const names = texts(input.AlarmNames);
        return (names.length > 0 ? names : ['*']).map((name) => ({ ...needed, resource: alarm(name) }));
      }
      default:
        return [];
    }
  },

  // https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
  logs({ action, input }, { region, account }) {
    const [group] = [...texts(input.logGroupName), ...texts(input.logGroupIdentifier)];
    if (group === undefined) return [];
    const [, name = group] = /:log-group:([^:]+)/.exec(group) ?? [];
    const [stream = ''] = action === 'GetLogEvents' ? texts(input.logStreamName) : [];
    const resource = `arn:aws:logs:${region}:${account}:log-group:${name}:log-stream:${stream}`;
    return [{ action: `logs:${action}`, resource }];
  },

  // If a call names a stack without its ID, the resource is `stack/<name>/*`.
  cloudformation: ({ action, input }, { region, account }) =>
    texts(input.StackName).map((stack) => ({
      action: `cloudformation:${action}`,
      resource: stack.startsWith('arn:')
        ? stack
        : `arn:aws:cloudformation:${region}:${account}:stack/${stack}/*`,
    })),

  scheduler({ action, request, input }, { region, account }) {
    const { path, query } = targetOf(request);
    const [, kind, name] = path.split('/').map(decoded);
    if (kind !== 'schedules' || name === undefined) return [];
    const [group = query.get('groupName') ?? 'default'] = texts(input.GroupName);
    const { RoleArn: role } = (input.Target ?? {}) as { RoleArn?: unknown };
    return [
      {
        action: `scheduler:${action}`,
        resource: `arn:aws:scheduler:${region}:${account}:schedule/${group}/${name}`,
      },
      ...texts(role).map((resource) => ({
        action: 'iam:PassRole',
        resource,
        context: { 'iam:passedtoservice': 'scheduler.amazonaws.com' },
      })),
    ];
  },

  s3({ action, request }) {
    const needed = S3_ACTIONS[action];
    const { bucket, key } = addressOf(request);
    if (needed === undefined) return [];
    const { 'x-amz-copy-source': source } = request.headers;
    return [
      { action: needed, resource: bucket === '' ? '*' : s3Arn(bucket, key) },
      ...(source === undefined ? [] : [readOf(copySourceOf(source.toString()))]),
    ];
  },
};

/** The IAM action that each S3 operation needs. PostObject is authorized separately, once its form has been parsed. */
const S3_ACTIONS: Readonly<Record<string, string>> = {
  GetObject: 's3:GetObject',
  HeadObject: 's3:GetObject',
  PutObject: 's3:PutObject',
  DeleteObject: 's3:DeleteObject',
  ListObjectsV2: 's3:ListBucket',
  HeadBucket: 's3:ListBucket',
  ListBuckets: 's3:ListAllMyBuckets',
  CopyObject: 's3:PutObject',
  CreateMultipartUpload: 's3:PutObject',
  UploadPart: 's3:PutObject',
  UploadPartCopy: 's3:PutObject',
  CompleteMultipartUpload: 's3:PutObject',
  AbortMultipartUpload: 's3:AbortMultipartUpload',
  ListParts: 's3:ListMultipartUploadParts',
  CreateBucket: 's3:CreateBucket',
  DeleteBucket: 's3:DeleteBucket',
  GetBucketLocation: 's3:GetBucketLocation',
};

function readOf({ bucket, key }: { bucket: string; key: string }): Need {
  return { action: 's3:GetObject', resource: s3Arn(bucket, key) };
}

/** Returns the ARN of a bucket, or of an object in the bucket. */
export function s3Arn(bucket: string, key = ''): string {
  return `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`;
}

/**
 * Returns the permissions that PartiQL statements need, each with its table. Ignores statements that can't be parsed, because DynamoDB
 * refuses them.
 */
function partiqlNeeds(statements: unknown): (readonly [verb: string, table: string])[] {
  const list = (Array.isArray(statements) ? statements : []) as readonly (JsonObject | null)[];
  return list.flatMap((each) => {
    try {
      const { kind, table } = parseStatement(String(each?.Statement));
      return [[`${kind.charAt(0)}${kind.slice(1).toLowerCase()}`, table] as const];
    } catch (error) {
      if (error instanceof PartiqlError) return [];
      throw error;
    }
  });
}

/** Decodes percent encoding; returns a string with invalid encoding unchanged, because the service refuses it. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function texts(given: unknown): string[] {
  return [given].flat().filter((item) => typeof item === 'string');
}
