import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TemplateResource, TemplateValue } from '../../src/template/template.ts';
import { deployUnderTest, functionOf } from './deploy-under-test.ts';
import type { DeployUnderTest } from './deploy-under-test.ts';

let test: DeployUnderTest;

beforeAll(async () => {
  test = await deployUnderTest();
});

afterAll(() => test.end());

/**
 * Returns the source of a provider function that sends a response to its ResponseURL. `answer` is the source of an expression for the response's
 * other members, and can refer to `request`.
 */
function provider(answer: string, headers = `{ 'content-type': '' }`): string {
  return `export const handler = async (request) => {
    console.log('request ' + JSON.stringify(request));
    const body = JSON.stringify({ StackId: request.StackId, RequestId: request.RequestId,
      LogicalResourceId: request.LogicalResourceId, ...(${answer}) });
    const response = await fetch(request.ResponseURL, { method: 'PUT', body, headers: ${headers} });
    if (!response.ok) throw new Error('the answer was refused with ' + response.status);
  };`;
}

const SUCCESS = `{ Status: 'SUCCESS', PhysicalResourceId: 'migration-1', Data: { applied: 'two' } }`;

function resources(
  source: string,
  properties: Record<string, TemplateValue> = {},
): Record<string, TemplateResource> {
  return {
    Provider: functionOf(source, { Timeout: 10 }),
    Migration: {
      Type: 'Custom::Migration',
      Properties: { ServiceToken: { 'Fn::GetAtt': ['Provider', 'Arn'] }, ...properties },
    },
  };
}

/** Starts and stops a stack, and returns the request that its provider received. */
async function requestOf(source: string, properties: Record<string, TemplateValue> = {}): Promise<unknown> {
  const seen = test.lines.length;
  const cloud = await test.start(resources(source, properties));
  await cloud.end();
  const line = test.lines.slice(seen).find((written) => written.includes('request {')) ?? '';
  return JSON.parse(line.slice(line.indexOf('{'), line.lastIndexOf('}') + 1));
}

/** Starts a stack, expects the startup to fail, and returns the printed line. */
async function failure(source: string, properties: Record<string, TemplateValue> = {}): Promise<string> {
  return test.start(resources(source, properties)).then(
    () => 'it started',
    (error: unknown) => (error as Error).message,
  );
}

describe('a custom resource', () => {
  it('gets CloudFormation’s request: Create at the first startup, Update with the previous properties at the next', async () => {
    const ServiceToken = 'arn:aws:lambda:us-east-1:000000000000:function:Test-Provider';
    const common = {
      ResponseURL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\//),
      StackId: expect.stringMatching(
        /^arn:aws:cloudformation:us-east-1:000000000000:stack\/Test\/[0-9a-f-]{36}$/,
      ),
      RequestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      ServiceToken,
      ResourceType: 'Custom::Migration',
      LogicalResourceId: 'Migration',
    };
    // CloudFormation passes all scalar values as strings.
    const before = { ServiceToken, hash: 'one', deep: { list: ['1', 'true'] } };

    expect(await requestOf(provider(SUCCESS), { hash: 'one', deep: { list: [1, true] } })).toEqual({
      ...common,
      RequestType: 'Create',
      ResourceProperties: before,
    });
    expect(await requestOf(provider(SUCCESS), { hash: 'two' })).toEqual({
      ...common,
      RequestType: 'Update',
      PhysicalResourceId: 'migration-1',
      ResourceProperties: { ServiceToken, hash: 'two' },
      OldResourceProperties: before,
    });
  });

  it('returns its data to resources that refer to it', async () => {
    const cloud = await test.start(resources(provider(SUCCESS)), {
      Applied: { Value: { 'Fn::GetAtt': ['Migration', 'applied'] } },
      Id: { Value: { Ref: 'Migration' } },
    });
    await cloud.end();
    expect(cloud.outputs).toEqual({ Applied: 'two', Id: 'migration-1' });
  });

  it.each([
    [
      'its provider’s reason',
      provider(`{ Status: 'FAILED', Reason: '0002-x.sql:\\n  syntax error', PhysicalResourceId: 'm' }`),
      'failed: 0002-x.sql: syntax error',
    ],
    [
      'the error that its provider threw',
      `export const handler = async () => { throw new Error('no database'); };`,
      'failed: Test-Provider threw: no database',
    ],
    [
      'a response without a physical ID',
      provider(`{ Status: 'SUCCESS' }`),
      'failed: its response has no PhysicalResourceId',
    ],
    [
      'a provider that never responds',
      'export const handler = async () => {};',
      'failed: Test-Provider ended without sending a response to its ResponseURL',
    ],
    [
      'a provider that sends a content type, which the URL’s signature does not cover',
      provider(SUCCESS, '{}'),
      'failed: Test-Provider threw: the answer was refused with 403',
    ],
  ])('fails the startup with %s', async (_what, source, reason) => {
    expect(await failure(source)).toBe(`Migration (Custom::Migration) ${reason}`);
  });

  it('fails the startup when its ServiceTimeout elapses', async () => {
    const patient = 'export const handler = () => new Promise((settle) => setTimeout(settle, 8_000));';
    expect(await failure(patient, { ServiceTimeout: '1' })).toBe(
      'Migration (Custom::Migration) failed: no response within 1 s (ServiceTimeout)',
    );
  });

  it('fails the startup if its record is damaged, and the error names the file', async () => {
    await writeFile(join(test.dataDir, 'custom-resources.json'), '{"Migration":');
    expect(await failure(provider(SUCCESS))).toMatch(
      /custom-resources\.json is damaged; delete the data folder/,
    );
  });
});
