import { describe, expect, it } from '@jest/globals';
import { createIam, type Iam } from '../../../src/iam/iam.ts';
import { matches } from '../../../src/iam/pattern.ts';

const ROLE = 'arn:aws:iam::000000000000:role/Worker';
const QUEUE = 'arn:aws:sqs:us-east-1:000000000000:jobs';
const SEND = { action: 'sqs:SendMessage', resource: QUEUE };

function trustOf(service: string, condition?: object) {
  const who = { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: service } };
  return { Statement: [{ ...who, ...(condition && { Condition: condition }) }] };
}

function iamWith(...statements: object[]): Iam {
  const iam = createIam({ account: '000000000000' });
  iam.createRole('Worker', ROLE, trustOf('lambda.amazonaws.com'));
  iam.attachToRole('Worker', { Statement: statements });
  return iam;
}

const denial = (iam: Iam, ...needs: (typeof SEND & { context?: Record<string, string> })[]) =>
  iam.denial(iam.sessionOf(ROLE, 'worker'), needs);
const allow = (Action: unknown, Resource: unknown, more = {}) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
});

describe('a pattern', () => {
  it.each([
    ['*', '', true],
    ['a*b?d', 'axxbcbcd', true],
    ['a*b?d', 'axxbcbc', false],
    ['?', '', false],
    ['a**', 'a', true],
    ['arn:*:x', 'arn:a:b:x', true],
    ['a.c', 'abc', false],
    ['*\n?', 'a\nb', true],
  ])('%j matches %j: %j', (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  it('with many stars does not take exponential time', () => {
    expect(matches('*a'.repeat(20), 'a'.repeat(10_000) + 'b')).toBe(false);
  });
});

describe('a role', () => {
  it('may do what its own policy allows, and gets AWS’s error for anything else', () => {
    expect(denial(iamWith(allow('sqs:SendMessage', QUEUE)), SEND)).toBeUndefined();
    expect(denial(iamWith(), SEND)).toBe(
      'User: arn:aws:sts::000000000000:assumed-role/Worker/worker is not authorized to perform: sqs:sendmessage ' +
        `on resource: ${QUEUE} because no identity-based policy allows the sqs:sendmessage action`,
    );
  });

  it.each([
    ['another action', allow('sqs:ReceiveMessage', QUEUE)],
    ['another resource', allow('sqs:SendMessage', `${QUEUE}-dead`)],
    ['part of the name', allow('sqs:SendMessage', QUEUE.slice(0, -1))],
    ['a dot for any character', allow('sqs.SendMessage', QUEUE)],
    ['another service', allow('sns:*', '*')],
  ])('is denied with a grant for %s', (_what, statement) => {
    expect(denial(iamWith(statement), SEND)).toBeDefined();
  });

  it.each([
    ['any action', allow('*', '*')],
    ['an action pattern, in any case', allow('SQS:send*', QUEUE)],
    ['a resource pattern', allow('sqs:SendMessage', 'arn:aws:sqs:*:*:job?')],
    [
      'one of several actions and resources',
      allow(['sns:Publish', 'sqs:SendMessage'], ['arn:aws:sqs:::other', QUEUE]),
    ],
  ])('is allowed with a grant for %s', (_what, statement) => {
    expect(denial(iamWith(statement), SEND)).toBeUndefined();
  });

  it('keeps its old policies until the deployment is complete', () => {
    const iam = iamWith(allow('sqs:SendMessage', QUEUE));
    const dropPrevious = iam.supersede();
    iam.createRole('Worker', ROLE, trustOf('lambda.amazonaws.com'));
    iam.attachToRole('Worker', { Statement: [allow('sqs:ReceiveMessage', QUEUE)] });
    expect(denial(iam, SEND, { ...SEND, action: 'sqs:ReceiveMessage' })).toBeUndefined();
    dropPrevious();
    expect(denial(iam, { ...SEND, action: 'sqs:ReceiveMessage' })).toBeUndefined();
    expect(denial(iam, SEND)).toBeDefined();
  });

  it('is denied by a policy that was added after the same call was allowed', () => {
    const iam = iamWith(allow('sqs:SendMessage', QUEUE));
    expect([denial(iam, SEND), denial(iam, SEND)]).toEqual([undefined, undefined]);
    iam.attachToResource(QUEUE, {
      Statement: [{ ...allow('sqs:*', QUEUE), Effect: 'Deny', Principal: '*' }],
    });
    expect(denial(iam, SEND)).toContain('with an explicit deny in a resource-based policy');
  });

  it('needs every permission that a call requires', () => {
    const iam = iamWith(allow('sqs:SendMessage', QUEUE));
    expect(denial(iam, SEND, { action: 'iam:PassRole', resource: ROLE })).toContain('iam:PassRole');
  });

  it('is denied by any deny statement in its own or the resource’s policy', () => {
    const deny = { Effect: 'Deny', Action: 'sqs:*', Resource: '*' };
    expect(denial(iamWith(allow('*', '*'), deny), SEND)).toContain(
      'explicit deny in an identity-based policy',
    );
    const iam = iamWith(allow('*', '*'));
    iam.attachToResource(QUEUE, { Statement: [{ ...deny, Principal: { AWS: '*' } }] });
    expect(denial(iam, SEND)).toContain('explicit deny in a resource-based policy');
    expect(denial(iam, { ...SEND, resource: `${QUEUE}-dead` })).toBeUndefined();
  });

  it('may do what a resource-based policy allows', () => {
    const iam = iamWith();
    iam.attachToResource(QUEUE, {
      Statement: [allow('sqs:SendMessage', QUEUE, { Principal: { AWS: ROLE } })],
    });
    expect(denial(iam, SEND)).toBeUndefined();
    expect(denial(iam, { ...SEND, action: 'sqs:ReceiveMessage' })).toBeDefined();
  });

  it('is subject to conditions', () => {
    const denyPlain = {
      ...{ Effect: 'Deny', Action: 'sqs:*', Resource: QUEUE },
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    };
    expect(denial(iamWith(allow('*', '*'), denyPlain), SEND)).toBeUndefined();
    const passing = iamWith(
      allow('iam:PassRole', '*', {
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      }),
    );
    const pass = (service: string) =>
      denial(passing, {
        action: 'iam:PassRole',
        resource: ROLE,
        context: { 'iam:passedtoservice': service },
      });
    expect(pass('scheduler.amazonaws.com')).toBeUndefined();
    expect(pass('ec2.amazonaws.com')).toBeDefined();
    expect(denial(passing, { action: 'iam:PassRole', resource: ROLE })).toBeDefined();
  });

  it('can be assumed by the principals in its trust policy, under its conditions', () => {
    const iam = iamWith();
    expect(iam.mayAssume('lambda.amazonaws.com', ROLE)).toBe(true);
    expect(iam.mayAssume('scheduler.amazonaws.com', ROLE)).toBe(false);
    expect(iam.mayAssume('lambda.amazonaws.com', `${ROLE}2`)).toBe(false);
    const ofAccount = (account: string) => ({ StringEquals: { 'aws:SourceAccount': account } });
    iam.createRole('Mine', 'mine', trustOf('scheduler.amazonaws.com', ofAccount('000000000000')));
    iam.createRole('Theirs', 'theirs', trustOf('scheduler.amazonaws.com', ofAccount('111111111111')));
    expect(iam.mayAssume('scheduler.amazonaws.com', 'mine')).toBe(true);
    expect(iam.mayAssume('scheduler.amazonaws.com', 'theirs')).toBe(false);
  });
});

it('a grant counts as used once a call has needed it, separately for each action and resource', () => {
  const iam = iamWith(allow(['sqs:SendMessage', 'sqs:ReceiveMessage'], [QUEUE, `${QUEUE}-dead`]));
  denial(iam, SEND);
  const used = iam.grants().filter((grant) => grant.used);
  expect(iam.grants()).toHaveLength(4);
  expect(used).toEqual([{ role: 'Worker', action: 'sqs:SendMessage', resource: QUEUE, used: true }]);
});

it.each([
  [{ ...allow('*', '*'), NotAction: 'sqs:*' }, 'NotAction'],
  [allow('*', '*', { Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } } }), 'IpAddress'],
  [allow('*', 'arn:aws:s3:::home/${aws:username}/*'), '${aws:username}'],
  [{ Action: '*', Resource: '*' }, 'Effect'],
])('a statement that cannot be evaluated as in AWS is refused: %j', (statement, named) => {
  expect(() => iamWith(statement)).toThrow(named);
});
