import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAwsEndpoint, type AwsEndpoint } from '../../src/aws-endpoint/aws-endpoint.ts';
import { createCloudFormation } from '../../src/cloudformation/cloudformation.ts';
import { guardCalls } from '../../src/iam/guard.ts';
import { createIam, type Iam } from '../../src/iam/iam.ts';
import { createLogStore, KEPT_EVENTS } from '../../src/logs/log-store.ts';
import { createLogs } from '../../src/logs/logs.ts';
import type { AwsService } from '../../src/service.ts';
import { createSts } from '../../src/sts/sts.ts';

const store = createLogStore(() => 1_000);
const ROLE = 'arn:aws:sts::000000000000:assumed-role/Worker/worker';
let endpoint: AwsEndpoint;

beforeAll(async () => {
  const sts = createSts({
    account: '000000000000',
    roleSessionOf: (accessKeyId) => (accessKeyId === 'worker' ? ROLE : undefined),
  });
  const cloudFormation = createCloudFormation(() => ({
    identity: { stackName: 'Shop', account: '000000000000', region: 'us-east-1' },
    template: {
      Description: 'Jobs & more',
      Resources: { Queue: { Type: 'AWS::SQS::Queue' } },
      Outputs: { ApiUrl: { Value: 'unresolved', Description: 'Where jobs go' }, Plain: { Value: '' } },
    },
    outputs: { ApiUrl: 'http://127.0.0.1:3000', Plain: 'a<b' },
    physicalIds: new Map([['Queue', 'http://127.0.0.1/queue']]),
    deployedAt: new Date('2026-11-28T08:00:00Z'),
  }));
  const logs = createLogs(store, (group) => `arn:aws:logs:us-east-1:000000000000:log-group:${group}`);
  const lambda: AwsService = {
    name: 'lambda',
    handle: (_request, response) => response.end('{}'),
    end: () => Promise.resolve(),
  };
  endpoint = await startAwsEndpoint({ port: 0, services: [sts, cloudFormation, logs, lambda] });
  endpoint.intercept(guardCalls(readerOnly(), { region: 'us-east-1', account: '000000000000' }, () => 0));
});

afterAll(() => endpoint.end());

/** Creates a role that may read one stack, one log group and one function. Its access key ID is `reader`. */
function readerOnly(): Iam {
  const iam = createIam({ account: '000000000000' });
  const roleArn = 'arn:aws:iam::000000000000:role/Reader';
  iam.createRole('Reader', roleArn, { Statement: [] });
  const scopes = {
    'cloudformation:DescribeStacks': 'cloudformation:us-east-1:000000000000:stack/Shop/*',
    'logs:FilterLogEvents': 'logs:us-east-1:000000000000:log-group:/aws/lambda/reader:*',
    'lambda:GetFunctionConfiguration': 'lambda:us-east-1:000000000000:function:reader',
  };
  for (const [Action, resource] of Object.entries(scopes)) {
    iam.attachToRole('Reader', { Statement: { Effect: 'Allow', Action, Resource: `arn:aws:${resource}` } });
  }
  iam.actAs('reader', iam.sessionOf(roleArn, 'reader'));
  return iam;
}

const signed = (service: string, caller = 'test') =>
  `AWS4-HMAC-SHA256 Credential=${caller}/20261128/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

/** Calls a service with the query protocol. */
async function query(service: string, parameters: Record<string, string>, caller?: string) {
  const response = await fetch(endpoint.url, {
    method: 'POST',
    headers: { authorization: signed(service, caller) },
    body: new URLSearchParams(parameters),
  });
  return { status: response.status, text: await response.text() };
}

/** Calls CloudWatch Logs. */
async function logs(operation: string, input: object, caller?: string) {
  const response = await fetch(endpoint.url, {
    method: 'POST',
    headers: { authorization: signed('logs', caller), 'x-amz-target': `Logs_20140328.${operation}` },
    body: JSON.stringify(input),
  });
  return (await response.json()) as Record<string, never> & {
    events: { message: string }[];
    nextToken: string;
  };
}

describe('a service with the query protocol', () => {
  it('identifies the caller: the account’s operator, or a function’s role', async () => {
    const operator = await query('sts', { Action: 'GetCallerIdentity', Version: '2011-06-15' });
    expect(operator.status).toBe(200);
    expect(operator.text).toContain('<GetCallerIdentityResult><Arn>arn:aws:iam::000000000000:root</Arn>');
    const { text } = await query('sts', { Action: 'GetCallerIdentity' }, 'worker');
    expect(text).toContain(`<Arn>${ROLE}</Arn>`);
  });

  it('refuses unknown actions in XML, with an error code', async () => {
    const action = await query('sts', { Action: 'AssumeRole' });
    expect(action.status).toBe(400);
    expect(action.text).toContain('<Code>InvalidAction</Code>');
    expect(action.text).toContain('Supported operations: GetCallerIdentity.');
    const parameter = await query('cloudformation', { Action: 'DescribeStacks', NextToken: 'x' });
    expect(parameter.text).toContain('<Code>NotImplemented</Code>');
    expect(parameter.text).toContain('NextToken, a parameter of DescribeStacks');
  });

  it.each([
    ['rds', '<ErrorResponse><Error><Type>Sender</Type><Code>UnrecognizedServiceException</Code>'],
    ['ec2', '<Response><Errors><Error><Code>UnrecognizedServiceException</Code>'],
  ])(
    'is refused in its own error format if the embedded cloud lacks the service: %s',
    async (service, start) => {
      expect((await query(service, { Action: 'Describe' })).text).toContain(start);
    },
  );
});

describe('the stack', () => {
  it('is described with its outputs, with or without its name in the request', async () => {
    const { text } = await query('cloudformation', { Action: 'DescribeStacks', StackName: 'Shop' });
    expect(text).toContain('<StackName>Shop</StackName>');
    expect(text).toContain('<Description>Jobs &amp; more</Description>');
    expect(text).toContain(
      '<member><OutputKey>ApiUrl</OutputKey><OutputValue>http://127.0.0.1:3000</OutputValue><Description>Where jobs go</Description></member>',
    );
    expect(text).toContain('<OutputValue>a&lt;b</OutputValue>');
    expect((await query('cloudformation', { Action: 'DescribeStacks' })).text).toContain('Shop');
    const other = await query('cloudformation', { Action: 'DescribeStacks', StackName: 'Other' });
    expect(other).toMatchObject({
      status: 400,
      text: expect.stringContaining('Stack with id Other does not exist'),
    });
  });

  it('lists its resources with their physical IDs', async () => {
    const expected = '<PhysicalResourceId>http://127.0.0.1/queue</PhysicalResourceId>';
    for (const Action of ['ListStackResources', 'DescribeStackResources'])
      expect((await query('cloudformation', { Action, StackName: 'Shop' })).text).toContain(expected);
    const LogicalResourceId = 'Topic';
    const { text } = await query('cloudformation', { Action: 'DescribeStackResources', LogicalResourceId });
    expect(text).toContain('Resource Topic does not exist for stack Shop');
  });
});

describe('the logs', () => {
  beforeAll(() => {
    for (const line of ['one red', 'two red', 'three blue']) store.add('/aws/colors', 'stream-a', line);
    store.add('/aws/colors', 'stream-b', 'four red');
  });
  const messages = async (input: object) =>
    (await logs('FilterLogEvents', { logGroupName: '/aws/colors', ...input })).events.map(
      ({ message }) => message,
    );

  it('can be filtered by words, phrases, streams and time', async () => {
    expect(await messages({})).toEqual(['one red', 'two red', 'three blue', 'four red']);
    expect(await messages({ filterPattern: 'red two' })).toEqual(['two red']);
    expect(await messages({ filterPattern: '"four red"' })).toEqual(['four red']);
    store.add('/aws/json', 'stream', '{"level":"error"}');
    const quoted = { logGroupName: '/aws/json', filterPattern: String.raw`"\"level\":\"error\""` };
    expect(await messages(quoted)).toEqual(['{"level":"error"}']);
    expect(await messages({ logStreamNames: ['stream-b'] })).toEqual(['four red']);
    expect(await messages({ startTime: 1_001 })).toEqual([]);
  });

  it('come in pages without gaps or duplicates', async () => {
    const first = await logs('FilterLogEvents', { logGroupName: '/aws/colors', limit: 3 });
    expect(first.events).toHaveLength(3);
    expect(await messages({ limit: 3, nextToken: first.nextToken })).toEqual(['four red']);
  });

  it('can have more streams than fit on one page', async () => {
    for (let number = 0; number < 60; number += 1) store.add('/aws/many', `stream-${number}`, 'line');
    const first = await logs('DescribeLogStreams', { logGroupName: '/aws/many' });
    expect(first.logStreams).toHaveLength(50);
    const input = { logGroupName: '/aws/many', nextToken: first.nextToken };
    expect((await logs('DescribeLogStreams', input)).logStreams).toHaveLength(10);
  });

  it('are listed by group and stream, and can be read by stream', async () => {
    expect(await logs('DescribeLogGroups', { logGroupNamePrefix: '/aws/c' })).toMatchObject({
      logGroups: [{ logGroupName: '/aws/colors' }],
    });
    expect(await logs('DescribeLogStreams', { logGroupName: '/aws/colors' })).toMatchObject({
      logStreams: [{ logStreamName: 'stream-a' }, { logStreamName: 'stream-b' }],
    });
    const input = { logGroupName: '/aws/colors', logStreamName: 'stream-a', limit: 1 };
    expect((await logs('GetLogEvents', input)).events).toMatchObject([{ message: 'three blue' }]);
    expect((await logs('GetLogEvents', { ...input, startFromHead: true })).events).toMatchObject([
      { message: 'one red' },
    ]);
  });

  it.each([
    [{ logGroupName: '/nothing' }, 'ResourceNotFoundException'],
    [{ logGroupName: '/aws/colors', filterPattern: '{ $.level = "ERROR" }' }, 'InvalidParameterException'],
    [{ logGroupName: '/aws/colors', filterPattern: '?red ?blue' }, 'InvalidParameterException'],
    [{ logGroupName: '/aws/colors', unmask: true }, 'ValidationException'],
    [{ logGroupName: '/aws/colors', limit: 0 }, 'InvalidParameterException'],
    [{ logGroupName: '/aws/colors', nextToken: 'x' }, 'InvalidParameterException'],
    [{ logGroupName: '/aws/colors', startTime: 'now' }, 'InvalidParameterException'],
    [{ logGroupName: '/aws/colors', filterPattern: '"red' }, 'InvalidParameterException'],
  ])('refuse %j with %s', async (input, type) => {
    expect(await logs('FilterLogEvents', input)).toMatchObject({ __type: type });
  });

  it('keep only the last lines of a group', async () => {
    for (let line = 0; line <= 2 * KEPT_EVENTS; line += 1) store.add('/aws/long', 'stream', String(line));
    const { events } = await logs('FilterLogEvents', { logGroupName: '/aws/long' });
    expect(events).toHaveLength(KEPT_EVENTS);
    expect(events.at(-1)?.message).toBe(String(2 * KEPT_EVENTS));
  });
});

describe('a role with resource-level policies', () => {
  it('reads only the resources in its policies', async () => {
    store.add('/aws/lambda/reader', 'stream', 'a line');
    const describeStack = (StackName: string) =>
      query('cloudformation', { Action: 'DescribeStacks', Version: '2010-05-15', StackName }, 'reader');
    const configuration = async (name: string) => {
      const path = `/2015-03-31/functions/${name}/configuration`;
      const headers = { authorization: signed('lambda', 'reader') };
      return (await fetch(endpoint.url + path, { headers })).status;
    };
    const filter = (logGroupName: string) => logs('FilterLogEvents', { logGroupName }, 'reader');

    expect(await describeStack('Shop')).toMatchObject({ status: 200 });
    expect(await describeStack('Other')).toMatchObject({
      status: 403,
      text: expect.stringContaining(
        'cloudformation:DescribeStacks on resource: arn:aws:cloudformation:us-east-1:000000000000:stack/Other/*',
      ),
    });
    expect((await filter('/aws/lambda/reader')).events).toMatchObject([{ message: 'a line' }]);
    expect(await filter('/aws/lambda/other')).not.toHaveProperty('events');
    expect(await configuration('reader')).toBe(200);
    expect(await configuration('other')).toBe(403);
  });
});
