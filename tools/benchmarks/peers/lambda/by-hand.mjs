import { createHash, createHmac, randomUUID } from 'node:crypto';
import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { answer, insertOf, wakeUpOf, WINDOW_SECONDS } from './contract.mjs';

// An api function with a minimum of code. It makes three calls that it signs itself, and uses no packages. No team would maintain such code, but
// it shows how much every other implementation adds.

const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION } = process.env;
const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) };

const endpoints = {
  dynamodb: new URL(process.env.AWS_ENDPOINT_URL_DYNAMODB),
  'rds-data': new URL('/Execute', process.env.AWS_ENDPOINT_URL_RDS_DATA),
  sqs: new URL('/', process.env.QUEUE_URL),
};

export async function handler(event) {
  const submission = read(event.body);
  if (!submission) return answer(422, { message: 'Give object_id and payload.seconds, from 0 to 900.' });
  const { object_id: objectId } = submission;
  const jobId = randomUUID();
  const now = Date.now();
  const put = await call('dynamodb', 'DynamoDB_20120810.PutItem', {
    TableName: process.env.DEDUP_TABLE,
    Item: {
      pk: { S: objectId },
      job_id: { S: jobId },
      expires_at: { N: String(Math.ceil(now / 1000) + WINDOW_SECONDS) },
    },
    ConditionExpression: 'attribute_not_exists(pk) OR expires_at <= :now',
    ExpressionAttributeValues: { ':now': { N: String(Math.floor(now / 1000)) } },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
  if (put.Item) return answer(200, { job_id: put.Item.job_id.S, object_id: objectId, deduplicated: true });
  await call('rds-data', undefined, insertOf(jobId, submission));
  await call('sqs', 'AmazonSQS.SendMessage', wakeUpOf(jobId));
  return answer(201, { job_id: jobId, object_id: objectId, status: 'created' });
}

/** Parses a submission from the body; undefined if it is invalid. */
function read(body) {
  try {
    const { object_id: objectId, payload, ...unknown } = JSON.parse(body);
    const isValid =
      Object.keys(unknown).length === 0 &&
      typeof objectId === 'string' &&
      objectId.length >= 1 &&
      objectId.length <= 256 &&
      Object.keys(payload).every((name) => name === 'seconds') &&
      payload.seconds >= 0 &&
      payload.seconds <= 900;
    return isValid ? { object_id: objectId, payload } : undefined;
  } catch {
    return undefined;
  }
}

/** Signature version 4 (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html). */
function sign(service, { host, pathname }, headers, body) {
  const time = new Date().toISOString().replaceAll(/[:-]|\.\d{3}/g, '');
  const scope = `${time.slice(0, 8)}/${AWS_REGION}/${service}/aws4_request`;
  const signed = { ...headers, host, 'x-amz-date': time, 'x-amz-security-token': AWS_SESSION_TOKEN };
  const names = Object.keys(signed).sort();
  const canonical = [
    ...['POST', pathname, ''],
    ...names.map((name) => `${name}:${signed[name]}`),
    ...['', names.join(';'), createHash('sha256').update(body).digest('hex')],
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', time, scope, createHash('sha256').update(canonical).digest('hex')].join(
    '\n',
  );
  const key = scope
    .split('/')
    .reduce(
      (secret, part) => createHmac('sha256', secret).update(part).digest(),
      `AWS4${AWS_SECRET_ACCESS_KEY}`,
    );
  const signature = createHmac('sha256', key).update(text).digest('hex');
  const credential = `Credential=${AWS_ACCESS_KEY_ID}/${scope}`;
  return {
    ...signed,
    authorization: `AWS4-HMAC-SHA256 ${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}

function call(service, target, input) {
  const url = endpoints[service];
  const body = JSON.stringify(input);
  const type = target === undefined ? 'application/json' : 'application/x-amz-json-1.0';
  const headers = sign(
    service,
    url,
    { 'content-type': type, ...(target && { 'x-amz-target': target }) },
    body,
  );
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', headers, agent: agents[url.protocol] }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const answered = JSON.parse(Buffer.concat(chunks).toString());
        if (response.statusCode === 200 || answered.Item) resolve(answered);
        else reject(new Error(`${service} returned ${response.statusCode}: ${JSON.stringify(answered)}`));
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
