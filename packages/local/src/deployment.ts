import { SQSClient } from '@aws-sdk/client-sqs';
import { join } from 'node:path';
import type { AwsEndpoint } from './aws-endpoint/aws-endpoint.ts';
import type { DeployedStack } from './cloudformation/cloudformation.ts';
import { openCustomResourceRecords } from './deploy/custom-resource-records.ts';
import { deployStack } from './deploy/deploy-stack.ts';
import { finishHttpApi, type HttpApiDraft } from './deploy/http-api-draft.ts';
import { createPermissions } from './deploy/permissions.ts';
import { createGateway } from './http-api/gateway.ts';
import type { HttpServer } from './http-api/http-server.ts';
import { lambdaInvoker } from './http-api/lambda-invoker.ts';
import type { Iam } from './iam/iam.ts';
import { SECRET_ACCESS_KEY } from './lambda/function-configuration.ts';
import type { CloudWatch } from './cloudwatch/cloudwatch.ts';
import type { Alarm } from './cloudwatch/alarm.ts';
import type { Lambda } from './lambda/lambda.ts';
import type { RdsData } from './rds-data/rds-data.ts';
import { service, type Service } from './start-services.ts';
import { deployedFunctions, type AdjustFunction } from './deploy/deployed-functions.ts';
import { createStackVersions } from './deploy/stack-versions.ts';
import type { Assembly } from './template/assembly.ts';

/**
 * Creates a deployed stack's services without starting them: one deploys the resources, one serves the HTTP API, and one removes functions that the
 * stack no longer contains. The HTTP API accepts requests once all other services are running.
 */
export function createDeployment({
  dataDir,
  place,
  assembly,
  httpServer,
  awsEndpoint,
  lambda,
  adjustFunction,
  rdsData,
  iam,
  cloudWatch,
  log,
  logAccess,
}: {
  readonly dataDir: string;
  readonly place: { readonly region: string; readonly account: string };
  /** Returns the assembly to deploy the next time the resources start. */
  readonly assembly: () => Assembly;
  readonly httpServer: Service<HttpServer>;
  readonly awsEndpoint: Service<AwsEndpoint>;
  readonly lambda: Service<Lambda>;
  readonly adjustFunction: AdjustFunction | undefined;
  readonly rdsData: Service<RdsData>;
  readonly iam: Iam;
  readonly cloudWatch: CloudWatch;
  readonly log: (line: string) => void;
  /** Called with each access log line. */
  readonly logAccess: (logGroup: string, line: string) => void;
}) {
  const stack = () => ({ stackName: assembly().stackName, ...place });
  const resources = service({
    name: 'resources',
    async start() {
      await using parts = new AsyncDisposableStack();
      const httpApis = new Map<string, HttpApiDraft>();
      const permissions = createPermissions();
      const alarms = new Map<string, Alarm>();
      const functions = deployedFunctions(lambda.running, adjustFunction);
      const versions = createStackVersions(lambda.running);
      const { outputs, physicalIds } = await deployStack(assembly().template, {
        stack: stack(),
        assets: assembly().assets,
        madeCodeDir: join(dataDir, 'lambda', 'code'),
        awsEndpointUrl: awsEndpoint.running.url,
        httpApiUrl: httpServer.running.url,
        lambda: functions.lambda,
        versions,
        iam,
        sqsOf: (accessKeyId) =>
          parts.adopt(createSqsClient(awsEndpoint.running.url, place.region, accessKeyId), (client) => {
            client.destroy();
          }),
        registerCluster: (cluster) => rdsData.running.registerCluster(cluster),
        customResources: await openCustomResourceRecords(join(dataDir, 'custom-resources.json')),
        log,
        keep: (part) => {
          parts.defer(() => part.end());
        },
        queueUrls: new Map(),
        clusters: new Map(),
        httpApis,
        permissions,
        layers: new Map(),
        managedPolicies: new Map(),
        alarms,
        publish: cloudWatch.measurements.publish,
      });
      cloudWatch.alarms.set([...alarms.values()]);
      const deployedStack: DeployedStack = {
        identity: stack(),
        template: assembly().template,
        outputs,
        physicalIds,
        deployedAt: new Date(),
      };
      return { deployedStack, httpApis, permissions, versions, parts: parts.move(), functions };
    },
    stop: ({ parts }) => parts.disposeAsync(),
    isReported: true,
  });
  const httpApi = service({
    name: 'HTTP API',
    start() {
      const invoke = lambdaInvoker(lambda.running, log);
      const { httpApis, permissions } = resources.running;
      for (const draft of httpApis.values()) {
        const api = finishHttpApi(draft, stack(), permissions, invoke);
        httpServer.running.serve(
          createGateway(api, invoke, logAccess, cloudWatch.measurements.publish),
          api.cors?.AllowOrigins,
        );
      }
    },
    // The HTTP API stops first, so that no request arrives while the other services are stopping.
    stop: () => httpServer.running.end(),
  });
  const removals = service({
    name: 'removal of functions',
    // Starts after the HTTP API. Until the HTTP API has its new routes, it still sends requests to functions of the stack's previous version.
    // CloudFormation, too, deletes resources only after it has updated all others.
    start: () => resources.running.functions.deleteOthers(),
  });
  return { resources, httpApi, removals };
}

/** Creates an SQS client that signs with `accessKeyId`. */
export function createSqsClient(endpoint: string, region: string, accessKeyId: string): SQSClient {
  return new SQSClient({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey: SECRET_ACCESS_KEY },
    // The timeout is longer than the maximum wait of a long poll. Without a timeout, a lost response would block the queue forever.
    requestHandler: { requestTimeout: 25_000, throwOnRequestTimeout: true },
  });
}
