import type { Suite } from '../contract.ts';
import { dynamodb } from './dynamodb.ts';
import { s3 } from './s3.ts';
import { scheduler } from './scheduler.ts';
import { secretsManager } from './secrets-manager.ts';
import { sqs } from './sqs.ts';
import { ssm } from './ssm.ts';

export const suites: readonly Suite[] = [sqs, dynamodb, s3, scheduler, secretsManager, ssm];
