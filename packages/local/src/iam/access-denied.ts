import type { ServerResponse } from 'node:http';
import { answerJson, answerXmlError } from '../aws-endpoint/answer.ts';
import { answerQueryError, QUERY_SERVICES } from '../aws-endpoint/query-protocol.ts';

interface Shape {
  readonly status: number;
  readonly type: string;
  readonly headers?: Readonly<Record<string, string>>;
}

// The error format of each service. REST services respond with 403, JSON services with 400. SQS uses the error code and status of
// its older query protocol.
const SHAPES: Readonly<Record<string, Shape>> = {
  dynamodb: { status: 400, type: 'com.amazon.coral.service#AccessDeniedException' },
  sqs: {
    status: 403,
    type: 'com.amazon.coral.service#AccessDeniedException',
    headers: { 'x-amzn-query-error': 'AccessDenied;Sender' },
  },
  monitoring: { status: 403, type: 'AccessDenied', headers: { 'x-amzn-query-error': 'AccessDenied;Sender' } },
  secretsmanager: { status: 400, type: 'AccessDeniedException' },
  ssm: { status: 400, type: 'AccessDeniedException' },
};
const REST: Shape = { status: 403, type: 'AccessDeniedException' };

/** Responds to a denied call in the service's error format. */
export function answerDenied(response: ServerResponse, service: string, message: string): void {
  if (service === 's3') {
    answerXmlError(response, { status: 403, code: 'AccessDenied', message });
    return;
  }
  if (QUERY_SERVICES.has(service)) {
    answerQueryError(response, service, { status: 403, code: 'AccessDenied', message });
    return;
  }
  const { status, type, headers } = SHAPES[service] ?? REST;
  const errorType = type.split('#').at(-1) ?? type;
  answerJson(response, status, { __type: type, message }, { 'x-amzn-errortype': errorType, ...headers });
}
