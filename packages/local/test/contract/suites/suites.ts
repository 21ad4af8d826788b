import type { Suite } from '../contract.ts';
import { dynamodb } from './dynamodb.ts';
import { events } from './events.ts';
import { lambda } from './lambda.ts';
import { rdsData } from './rds-data.ts';
import { s3 } from './s3.ts';
import { scheduler } from './scheduler.ts';
import { secretsManager } from './secrets-manager.ts';
import { sqs } from './sqs.ts';
import { ssm } from './ssm.ts';

/** The suites for all protocols that Errand uses. */
export const suites: readonly Suite[] = [
  sqs,
  dynamodb,
  s3,
  rdsData,
  scheduler,
  secretsManager,
  ssm,
  lambda,
  events,
];
