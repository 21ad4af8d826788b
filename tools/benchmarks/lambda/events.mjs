/**
 * Events for the functions, in AWS's formats. This file is plain JavaScript, because the measurement would otherwise include the time to
 * strip types.
 */

/** Returns API Gateway's event for a submission, in payload format 2.0. */
export function submission() {
  const body = JSON.stringify({ object_id: 'invoice-7', payload: { seconds: 0 } });
  return {
    version: '2.0',
    routeKey: 'POST /v1/jobs',
    rawPath: '/v1/jobs',
    rawQueryString: '',
    headers: {
      accept: '*/*',
      'content-length': String(body.length),
      'content-type': 'application/json',
      host: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
      'user-agent': 'curl/8.14.1',
      'x-amzn-trace-id': 'Root=1-6921f0a3-3d2b1c0a9f8e7d6c5b4a3928',
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-port': '443',
      'x-forwarded-proto': 'https',
    },
    requestContext: {
      accountId: '123456789012',
      apiId: 'abcdefghij',
      authorizer: { lambda: { tenant: 'default', scopes: 'read submit' } },
      domainName: 'abcdefghij.execute-api.eu-central-1.amazonaws.com',
      domainPrefix: 'abcdefghij',
      http: {
        method: 'POST',
        path: '/v1/jobs',
        protocol: 'HTTP/1.1',
        sourceIp: '203.0.113.7',
        userAgent: 'curl/8.14.1',
      },
      requestId: 'VhXyYjG7liAEMVQ=',
      routeKey: 'POST /v1/jobs',
      stage: '$default',
      time: '22/Nov/2026:01:50:11 +0000',
      timeEpoch: 1795312211133,
    },
    body,
    isBase64Encoded: false,
  };
}

/** Returns API Gateway's event for a batch of submissions. */
export function batch(count) {
  const jobs = Array.from({ length: count }, (_, index) => ({
    object_id: `invoice-${index}`,
    payload: { seconds: 0 },
  }));
  const body = JSON.stringify({ jobs });
  const { headers, requestContext, ...event } = submission();
  const [routeKey, path] = ['POST /v1/jobs/batch', '/v1/jobs/batch'];
  return {
    ...event,
    routeKey,
    rawPath: path,
    headers: { ...headers, 'content-length': String(body.length) },
    requestContext: { ...requestContext, routeKey, http: { ...requestContext.http, path } },
    body,
  };
}

/** Returns the event for a batch of wake-ups from SQS. */
export function wakeUps(count) {
  return {
    Records: Array.from({ length: count }, (_, index) => ({
      messageId: `059f36b4-87a3-44ab-83d2-66197597${String(index).padStart(4, '0')}`,
      receiptHandle: 'AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a'.padEnd(300, 'x'),
      body: JSON.stringify({ job_id: `01a200f2-5490-7339-8b1e-a8c08f54${String(index).padStart(4, '0')}` }),
      attributes: {
        ApproximateReceiveCount: '1',
        SentTimestamp: '1795312211133',
        SenderId: 'AIDAIENQZJOLO23YVJ4VO',
        ApproximateFirstReceiveTimestamp: '1795312211150',
      },
      messageAttributes: {},
      md5OfBody: 'e4e68fb7bd0e697a0ae8f1bb342846b3',
      eventSource: 'aws:sqs',
      eventSourceARN: 'arn:aws:sqs:eu-central-1:123456789012:Errand-QueuesJobs',
      awsRegion: 'eu-central-1',
    })),
  };
}

export function context() {
  const deadline = Date.now() + 29_000;
  return {
    functionName: 'errand',
    functionVersion: '$LATEST',
    memoryLimitInMB: '512',
    invokedFunctionArn: 'arn:aws:lambda:eu-central-1:123456789012:function:errand',
    awsRequestId: '8f507cfc-xmpl-4697-b07a-ac58fc914c95',
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

/** For each case, the event and a check that the response reports success. */
export const CASES = {
  api: { event: submission, isDone: (answer) => answer.statusCode === 201 },
  'api-100': {
    event: () => batch(100),
    isDone: ({ statusCode, body }) =>
      statusCode === 200 && JSON.parse(body).items.every(({ status }) => status === 201),
  },
  worker: { event: () => wakeUps(1), isDone: (answer) => answer.batchItemFailures.length === 0 },
  'worker-10': { event: () => wakeUps(10), isDone: (answer) => answer.batchItemFailures.length === 0 },
};

/**
 * Makes the console log one line of JSON per call, as in Lambda, because Node's own console spends time on formatting objects. Logging an
 * error ends the process, because an invocation that fails must not be measured.
 */
export function logAsLambdaDoes() {
  console.error = (message) => {
    process.stderr.write(`${JSON.stringify(message)}\n`);
    process.exit(1);
  };
  for (const level of ['debug', 'info', 'warn']) {
    console[level] = (message) => {
      const timestamp = new Date().toISOString();
      process.stdout.write(`${JSON.stringify({ timestamp, level: level.toUpperCase(), message })}\n`);
    };
  }
}
