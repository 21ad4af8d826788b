import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { APIGatewayProxyEventV2 as HttpApiEvent } from 'aws-lambda';
import type { Suite } from '../contract.ts';
import { receiveOne } from '../receive-one.ts';
import { clientOf, functionsOf, uniqueName } from '../world.ts';
import { sendsEventTo } from './lambda.ts';

const GUIDE = 'https://docs.aws.amazon.com';

/** Sorts a JSON value's members by name, and replaces the values of the members listed in `known`. */
function shapeOf(value: unknown, known: Record<string, string> = {}): unknown {
  if (Array.isArray(value)) return value.map((each) => shapeOf(each, known));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([name, each]) => [name, known[name] ?? shapeOf(each, known)]));
  }
  return value;
}

/** Placeholders for values that differ between runs or machines, keyed by member name. */
const VARIES = {
  messageId: 'id',
  receiptHandle: 'handle',
  SenderId: 'id',
  SentTimestamp: 'ms',
  ApproximateFirstReceiveTimestamp: 'ms',
  eventSourceARN: 'arn',
};

export const events: Suite = {
  protocol: 'events',
  cases: [
    {
      name: 'a message becomes an SQS event',
      page: `${GUIDE}/lambda/latest/dg/with-sqs.html`,
      aws: {
        Records: [
          {
            attributes: {
              ApproximateFirstReceiveTimestamp: 'ms',
              ApproximateReceiveCount: '1',
              SenderId: 'id',
              SentTimestamp: 'ms',
            },
            awsRegion: 'us-east-1',
            body: '{"job_id":"a"}',
            eventSource: 'aws:sqs',
            eventSourceARN: 'arn',
            md5OfBody: 'c6adda18a95341e17dc1d3a90277b8b2',
            messageAttributes: {},
            messageId: 'id',
            receiptHandle: 'handle',
          },
        ],
      },
      async observe(world) {
        const sqs = clientOf(world, SQSClient);
        const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: uniqueName('queue') }));
        const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
        const { Attributes } = await sqs.send(command);
        const { url, received } = await receiveOne();
        const name = await functionsOf(world).create(sendsEventTo(url, '{ batchItemFailures: [] }'));
        await functionsOf(world).mapQueue(Attributes?.QueueArn ?? '', name);
        await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{"job_id":"a"}' }));
        return shapeOf(await received, VARIES);
      },
    },
    {
      name: 'a request becomes an HTTP API event, version 2.0',
      page: `${GUIDE}/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html`,
      aws: {
        version: '2.0',
        routeKey: 'GET /jobs/{job_id}',
        rawPath: '/jobs/a',
        rawQueryString: 'status=created&status=failed',
        queryStringParameters: { status: 'created,failed' },
        pathParameters: { job_id: 'a' },
        cookies: ['one=1', 'two=2'],
        header: 'x',
        cookieHeader: null,
        isBase64Encoded: false,
        body: null,
        http: {
          method: 'GET',
          path: '/jobs/a',
          protocol: 'HTTP/1.1',
          sourceIp: '127.0.0.1',
          userAgent: 'test/1',
        },
        context: [
          'accountId',
          'apiId',
          'domainName',
          'domainPrefix',
          'http',
          'requestId',
          'routeKey',
          'stage',
          'time',
          'timeEpoch',
        ],
        stage: '$default',
        time: true,
      },
      async observe(world) {
        const functions = functionsOf(world);
        const api = await functions.serve(
          await functions.create(
            'export const handler = async (event) => ({ statusCode: 200, body: JSON.stringify(event) });',
          ),
        );
        const response = await fetch(`${api}/jobs/a?status=created&status=failed`, {
          headers: { 'user-agent': 'test/1', 'X-Custom': 'x', cookie: 'one=1; two=2' },
        });
        const event = (await response.json()) as HttpApiEvent;
        const { version, routeKey, rawPath, rawQueryString, queryStringParameters, pathParameters } = event;
        const { cookies, isBase64Encoded, body = null, headers, requestContext } = event;
        const { http, stage, time } = requestContext;
        return {
          ...{ version, routeKey, rawPath, rawQueryString, queryStringParameters, pathParameters },
          ...{ cookies, isBase64Encoded, body, http, stage },
          header: headers['x-custom'],
          cookieHeader: headers.cookie ?? null,
          context: Object.keys(requestContext).sort(),
          time: /^\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000$/.test(time),
        };
      },
    },
    {
      name: 'an HTTP API’s response can be an object without a status, which becomes the body as JSON',
      page: `${GUIDE}/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html`,
      aws: { status: 200, type: 'application/json', body: { a: 1 } },
      async observe(world) {
        const functions = functionsOf(world);
        const api = await functions.serve(
          await functions.create('export const handler = async () => ({ a: 1 });'),
        );
        const response = await fetch(`${api}/any`);
        const type = response.headers.get('content-type');
        return { status: response.status, type, body: await response.json() };
      },
    },
    {
      name: 'a custom resource becomes a request with the URL for its response',
      page: `${GUIDE}/lambda/latest/dg/services-cloudformation.html`,
      aws: {
        RequestType: 'Create',
        ResourceType: 'Custom::Migration',
        LogicalResourceId: 'Migration',
        Version: '1',
        ServiceToken: true,
        stack: true,
        members: [
          'LogicalResourceId',
          'RequestId',
          'RequestType',
          'ResourceProperties',
          'ResourceType',
          'ResponseURL',
          'ServiceToken',
          'StackId',
        ],
      },
      async observe(world) {
        const { url, received } = await receiveOne();
        const functions = functionsOf(world);
        const name = await functions.create(answersResource(url));
        await functions.createCustomResource(name);
        const event = (await received) as Record<string, string> & {
          ResourceProperties: Record<string, string>;
        };
        const { RequestType, ResourceType, LogicalResourceId, StackId = '', ResourceProperties } = event;
        return {
          RequestType,
          ResourceType,
          LogicalResourceId,
          Version: ResourceProperties.Version,
          ServiceToken: ResourceProperties.ServiceToken?.endsWith(`:function:${name}`),
          stack: /^arn:aws:cloudformation:us-east-1:\d{12}:stack\/[\w-]+\/[0-9a-f-]{36}$/.test(StackId),
          members: Object.keys(event).sort(),
        };
      },
    },
  ],
};

/** Returns the source of a function that sends its request to a URL, and reports success to CloudFormation. */
function answersResource(url: string): string {
  return `export const handler = async (request) => {
    await fetch(${JSON.stringify(url)}, { method: 'POST', body: JSON.stringify(request) });
    const { StackId, RequestId, LogicalResourceId } = request;
    const answer = { Status: 'SUCCESS', PhysicalResourceId: 'one', StackId, RequestId, LogicalResourceId };
    await fetch(request.ResponseURL, { method: 'PUT', body: JSON.stringify(answer), headers: { 'content-type': '' } });
  };`;
}
