import type { SQSClient } from '@aws-sdk/client-sqs';
import { GetQueueUrlCommand } from '@aws-sdk/client-sqs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cloud } from '../../../local/deploy/cloud.ts';
import { deployCustomResource } from '../../../local/deploy/custom-resource.ts';
import { openCustomResourceRecords } from '../../../local/deploy/custom-resource-records.ts';
import { Properties } from '../../../local/deploy/properties.ts';
import { startEventSourceMapping } from '../../../local/event-source-mapping/event-source-mapping.ts';
import { createGateway } from '../../../local/http-api/gateway.ts';
import { startHttpServer } from '../../../local/http-api/http-server.ts';
import { createLambdaInvoker } from '../../../local/http-api/lambda-invoker.ts';
import { functionArn } from '../../../local/lambda/function-configuration.ts';
import type { Lambda } from '../../../local/lambda/lambda.ts';
import { REGION, uniqueName, type Functions } from '../world.ts';

const ACCOUNT = { region: REGION, accountId: '000000000000' };

interface Props {
  readonly lambda: Lambda;
  readonly sqs: SQSClient;
  readonly endpointUrl: string;
  /** Where the functions' bundles are kept. */
  readonly dir: string;
}
