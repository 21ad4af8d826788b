import { randomUUID } from 'node:crypto';
import { IdempotencyConfig } from '@aws-lambda-powertools/idempotency';
import { DynamoDBPersistenceLayer } from '@aws-lambda-powertools/idempotency/dynamodb';
import { makeHandlerIdempotent } from '@aws-lambda-powertools/idempotency/middleware';
import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { ExecuteStatementCommand, RDSDataClient } from '@aws-sdk/client-rds-data';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import middy from '@middy/core';
import httpErrorHandler from '@middy/http-error-handler';
import httpJsonBodyParser from '@middy/http-json-body-parser';
import * as z from 'zod';
import { answer, insertOf, wakeUpOf, WINDOW_SECONDS } from './contract.mjs';

// A typical api function, written with Middy, Powertools and the AWS SDK. The code follows the documentation of each package.

const logger = new Logger({ serviceName: 'jobs' });
const database = new RDSDataClient();
const queue = new SQSClient();
const persistenceStore = new DynamoDBPersistenceLayer({
  tableName: process.env.DEDUP_TABLE,
  keyAttr: 'pk',
  expiryAttr: 'expires_at',
});
const config = new IdempotencyConfig({
  eventKeyJmesPath: 'body.object_id',
  expiresAfterSeconds: WINDOW_SECONDS,
});

const Submission = z.strictObject({
  object_id: z.string().min(1).max(256),
  payload: z.strictObject({ seconds: z.number().min(0).max(900) }),
});

async function accept(event) {
  const { success, data, error } = Submission.safeParse(event.body);
  if (!success) return answer(422, { message: z.prettifyError(error) });
  const jobId = randomUUID();
  await database.send(new ExecuteStatementCommand(insertOf(jobId, data)));
  await queue.send(new SendMessageCommand(wakeUpOf(jobId)));
  logger.info('The job was accepted.', { job_id: jobId });
  return answer(201, { job_id: jobId, object_id: data.object_id, status: 'created' });
}

export const handler = middy(accept)
  .use(injectLambdaContext(logger))
  .use(httpErrorHandler())
  .use(httpJsonBodyParser())
  .use(makeHandlerIdempotent({ persistenceStore, config }));
