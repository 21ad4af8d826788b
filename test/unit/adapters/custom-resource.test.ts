import { describe, expect, it } from '@jest/globals';
import type { CloudFormationCustomResourceEvent, Context } from 'aws-lambda';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import {
  provideCustomResource,
  type CustomResourceProvider,
} from '../../../lambdas/adapters/custom-resource.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';

interface Response {
  readonly contentType: string | undefined;
  readonly body: unknown;
}

/** Handles an event from CloudFormation, and returns the response sent to CloudFormation. */
async function responseTo(
  event: object,
  apply: CustomResourceProvider['apply'],
  status = 200,
): Promise<Response | undefined> {
  let received: Response | undefined;
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received = { contentType: request.headers['content-type'], body: JSON.parse(body) };
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as AddressInfo;
    const whole = {
      RequestType: 'Create',
      ResponseURL: `http://127.0.0.1:${port}/`,
      StackId: 'a-stack',
      RequestId: 'a-request',
      LogicalResourceId: 'a-resource',
      ...event,
    } as CloudFormationCustomResourceEvent;
    const log = createRecordingLog();
    await provideCustomResource(whole, { logStreamName: 'a-stream' } as Context, {
      apply,
      failure: 'It failed',
      log,
    });
    return received;
  } finally {
    server.close();
  }
}

const IDS = { StackId: 'a-stack', RequestId: 'a-request', LogicalResourceId: 'a-resource' };

describe('a custom resource', () => {
  it('returns its id and its data to CloudFormation', async () => {
    expect(await responseTo({}, () => Promise.resolve({ id: 'an-id', data: { a: 'b' } }))).toEqual({
      contentType: '',
      body: { ...IDS, Status: 'SUCCESS', PhysicalResourceId: 'an-id', Data: { a: 'b' } },
    });
  });

  it.each([
    ['that it was not created', {}, 'not-created'],
    ['and keeps its id', { RequestType: 'Update', PhysicalResourceId: 'an-id' }, 'an-id'],
  ])('reports the reason for a failure to CloudFormation, %s', async (_name, event, id) => {
    const response = await responseTo(event, () => Promise.reject(new Error('out of ink')));
    expect(response?.body).toEqual({
      ...IDS,
      Status: 'FAILED',
      PhysicalResourceId: id,
      Reason: 'It failed: out of ink (log stream a-stream)',
    });
  });

  it('fails if CloudFormation does not accept the response', async () => {
    await expect(responseTo({}, () => Promise.resolve({ id: 'an-id' }), 403)).rejects.toThrow('HTTP 403');
  });
});
