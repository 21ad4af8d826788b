import { GetQueueUrlCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Cloud } from '../../../src/deploy/cloud.ts';
import { deployCustomResource } from '../../../src/deploy/custom-resource.ts';
import { openCustomResourceRecords } from '../../../src/deploy/custom-resource-records.ts';
import { Properties } from '../../../src/deploy/properties.ts';
import { startEventSourceMapping } from '../../../src/event-source-mapping/event-source-mapping.ts';
import { createGateway } from '../../../src/http-api/gateway.ts';
import { startHttpServer } from '../../../src/http-api/http-server.ts';
import { lambdaInvoker } from '../../../src/http-api/lambda-invoker.ts';
import { functionArn } from '../../../src/lambda/function-configuration.ts';
import type { Lambda } from '../../../src/lambda/lambda.ts';
import { REGION, uniqueName, type Functions } from '../world.ts';

const ACCOUNT = '000000000000';

interface Props {
  readonly lambda: Lambda;
  readonly sqs: SQSClient;
  /** The folder for the functions' bundles. */
  readonly dir: string;
  readonly log: (line: string) => void;
}

/** Returns a test case's access to the embedded cloud's functions and their triggers. */
export function functionsOfErrand({ lambda, sqs, dir, log }: Props) {
  const running: { end(): Promise<void> }[] = [];

  /** Writes a bundle, and returns its folder. */
  async function codeOf(source: string): Promise<string> {
    const codeDir = path.join(dir, uniqueName('code'));
    await mkdir(codeDir, { recursive: true });
    await writeFile(path.join(codeDir, 'index.mjs'), source);
    return codeDir;
  }

  const functions: Functions = {
    async create(source, { timeoutSeconds = 10, ...settings } = {}) {
      const name = uniqueName('function');
      const codeDir = await codeOf(source);
      const rest = { handler: 'index.handler', memorySize: 128, environment: {} };
      lambda.createFunction({ name, codeDir, timeoutSeconds, ...rest, ...settings });
      return name;
    },

    async change(functionName, source) {
      const codeDir = await codeOf(source);
      await lambda.updateFunction({ ...lambda.configuration(functionName), codeDir });
    },

    publish: (functionName) => Promise.resolve(lambda.publishVersion(functionName)),

    async mapQueue(queueArn, functionName) {
      const QueueName = queueArn.split(':').at(-1);
      const { QueueUrl: queueUrl = '' } = await sqs.send(new GetQueueUrlCommand({ QueueName }));
      const mapping = { sqs, lambda, queueUrl, queueArn, functionName, batchSize: 1, log };
      running.push(await startEventSourceMapping({ ...mapping, reportBatchItemFailures: true }));
    },

    async serve(functionName) {
      const server = await startHttpServer({ port: 0 });
      running.push(server);
      const target = { functionName, timeoutMillis: 10_000, permitted: true };
      const routes = ['$default', 'GET /jobs/{job_id}'].map((routeKey) => ({ routeKey, target }));
      const api = { apiId: 'api1234567', accountId: ACCOUNT, stage: '$default', stageVariables: {}, routes };
      server.serve(
        createGateway(
          { ...api, cors: undefined, throttle: undefined, accessLog: undefined },
          lambdaInvoker(lambda, log),
          () => undefined,
        ),
      );
      return server.url;
    },

    async createCustomResource(functionName) {
      const ServiceToken = functionArn({ region: REGION, accountId: ACCOUNT }, functionName);
      const cloud: Pick<Cloud, 'stack' | 'customResources' | 'lambda'> = {
        stack: { stackName: 'contract', account: ACCOUNT, region: REGION },
        customResources: await openCustomResourceRecords(path.join(dir, `${functionName}.json`)),
        lambda,
      };
      const properties = new Properties('Migration', { ServiceToken, Version: '1' });
      await deployCustomResource(
        { logicalId: 'Migration', type: 'Custom::Migration', properties },
        // A custom resource uses only the parts of a cloud that this object contains.
        cloud as Cloud,
      );
    },
  };
  return {
    functions,
    async end() {
      for (const each of running) await each.end();
    },
  };
}
