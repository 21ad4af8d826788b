import { SQSClient } from '@aws-sdk/client-sqs';
import { join } from 'node:path';
import { answerJson } from './aws-endpoint/answer.ts';
import { startAwsEndpoint } from './aws-endpoint/aws-endpoint.ts';
import type { AdminView } from './aws-endpoint/aws-endpoint.ts';
import { lockDataFolder } from './data-folder/lock.ts';
import { closeDataFolder, distrustDataFolder } from './data-folder/private-folder.ts';
import { openStoreRegister } from './data-folder/store-register.ts';
import { openCustomResourceRecords } from './deploy/custom-resource-records.ts';
import { deployStack } from './deploy/deploy-stack.ts';
import { finishHttpApi } from './deploy/http-api-draft.ts';
import type { HttpApiDraft } from './deploy/http-api-draft.ts';
import { createPermissions } from './deploy/permissions.ts';
import { freeBytesOf, guardDisk } from './disk-space.ts';
import { startDynamoDb } from './dynamodb/dynamodb.ts';
import { createFaultsView, faultsAreOff } from './faults/admin-view.ts';
import { breakCalls } from './faults/break-call.ts';
import { createFaults } from './faults/faults.ts';
import { deniedLine, guardCalls } from './iam/guard.ts';
import { createIam } from './iam/iam.ts';
import { gateLogs } from './iam/log-gate.ts';
import { s3Arn } from './iam/needs.ts';
import { createGateway } from './http-api/gateway.ts';
import { startHttpServer } from './http-api/http-server.ts';
import { lambdaInvoker } from './http-api/lambda-invoker.ts';
import { SECRET_ACCESS_KEY } from './lambda/function-configuration.ts';
import { startLambda, type Lambda } from './lambda/lambda.ts';
import { readableLogLine } from './log-line.ts';
import { clusterStore } from './postgres/data-folder.ts';
import { startPostgres } from './postgres/postgres.ts';
import { startRdsData } from './rds-data/rds-data.ts';
import type { S3Denial } from './s3/operation.ts';
import { startS3 } from './s3/s3.ts';
import type { SchedulerRoles } from './scheduler/deliver.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import { startSecretsManager } from './secrets-manager/secrets-manager.ts';
import { startSqs } from './sqs/sqs.ts';
import { startSsm } from './ssm/ssm.ts';
import { readAssembly } from './template/assembly.ts';

export interface EmbeddedCloudOptions {
  /**
   * The folder of a cloud assembly with one stack, or how to make it, which is done while the stores come up. It is passed
   * the URL at which the AWS endpoint is going to answer.
   */
  readonly assemblyDir: string | ((endpoints: { awsEndpointUrl: string }) => Promise<string>);
  /** Where everything is kept that survives a stop. Created if absent, and closed to other users. */
  readonly dataDir: string;
  /** The port of the HTTP API; 0 for any free one. */
  readonly httpPort: number;
  /** The address that the HTTP API listens on, or a name of it. @default 127.0.0.1, which only this machine reaches */
  readonly httpHost?: string;
  /** The port of the AWS endpoint on 127.0.0.1; 0 for any free one. */
  readonly awsPort: number;
  /** Whether faults can be injected at `/_errand/faults` of the AWS endpoint (docs/faults.md). @default false */
  readonly faults?: boolean;
  /**
   * Further HTTP handlers of the AWS endpoint, each under `/_errand/<name>`. `calls`, `faults`, `grants`, `outputs` and
   * `sandboxes` are taken.
   *
   * @default - none
   */
  readonly views?: Readonly<Record<string, AdminView>>;
  /** The bytes that are free on the disk of the data folder. @default - asks the system */
  readonly freeBytes?: () => number;
  /** Called with each line that a function writes, one line per API request, the stack's warnings, and the cloud's own errors. */
  readonly log: (line: string) => void;
  /** Hears of every step of the start when it is done, and its milliseconds. */
  readonly onStep?: (step: string, milliseconds: number) => void;
}

export interface EmbeddedCloud {
  /** Such as `http://127.0.0.1:3000`. */
  readonly apiUrl: string;
  /** Such as `http://127.0.0.1:4566`. */
  readonly awsEndpointUrl: string;
  /** The outputs of the stack. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Ends everything, in the reverse order of its start. */
  end(): Promise<void>;
}

/** Where the stack stands: it must leave both open, as a stack without `env` does. */
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/**
 * Runs a synthesized stack on this machine. When a step fails, what was started before it is ended again.
 * @throws Error of one line that says what is in the way
 */
export async function startEmbeddedCloud(options: EmbeddedCloudOptions): Promise<EmbeddedCloud> {
  const { assemblyDir, dataDir, httpPort, httpHost, awsPort, log, onStep = () => undefined } = options;
  await using running = new AsyncDisposableStack();

  /** From here on the part is ended with the rest, even if the start fails before the part has come up. */
  const keep = <Part extends { end(): Promise<void> }>(start: () => Part | Promise<Part>): Promise<Part> => {
    const { promise: started, resolve } = Promise.withResolvers<Part>();
    // Throws once the start has failed and all is being ended: then nothing more is begun.
    running.defer(async () => (await started.catch(() => undefined))?.end());
    resolve((async () => start())());
    return started;
  };
  const timed = async <Result>(step: string, work: Promise<Result>): Promise<Result> => {
    const startedAt = performance.now();
    const result = await work;
    onStep(step, performance.now() - startedAt);
    return result;
  };
  const begin = <Part extends { end(): Promise<void> }>(step: string, start: () => Part | Promise<Part>) =>
    timed(step, keep(start));

  const { wasOpen } = await closeDataFolder(dataDir);
  await keep(() => lockDataFolder(dataDir));
  if (wasOpen) await distrustDataFolder(dataDir);
  const register = await openStoreRegister(dataDir);
  const cluster = clusterStore(dataDir);
  await register.check([cluster]);
  const httpServer = await keep(() =>
    startHttpServer({ port: httpPort, ...(httpHost !== undefined && { host: httpHost }) }),
  );
  const awsEndpoint = await keep(() => startAwsEndpoint({ port: awsPort, log }));

  const place = { region: REGION, account: ACCOUNT };
  const iam = createIam(place);
  awsEndpoint.intercept(guardCalls(iam, place, log));
  awsEndpoint.intercept(guardDisk(dataDir, options.freeBytes ?? (() => freeBytesOf(dataDir)), log));
  awsEndpoint.registerView('grants', (_request, response) => {
    answerJson(response, 200, { grants: iam.grants() });
  });
  const s3Denial: S3Denial = (accessKeyId, action, bucket, key) => {
    const principal = iam.principalOf(accessKeyId);
    const denial = principal && iam.denial(principal, [{ action, resource: s3Arn(bucket, key) }]);
    if (denial !== undefined) log(deniedLine(accessKeyId, 's3', action, denial));
    return denial;
  };
  const faults = options.faults ? createFaults() : undefined;
  awsEndpoint.registerView('faults', faults ? createFaultsView(faults) : faultsAreOff);
  for (const [name, view] of Object.entries(options.views ?? {})) awsEndpoint.registerView(name, view);
  const store = { dataDir, endpointUrl: awsEndpoint.url, region: REGION };
  const secretsManager = await keep(() => startSecretsManager(store));
  const [assembly, rdsData, ...stores] = await Promise.all([
    typeof assemblyDir === 'string'
      ? readAssembly(assemblyDir)
      : assemblyDir({ awsEndpointUrl: awsEndpoint.url }).then(readAssembly),
    begin('PostgreSQL', () => startPostgres({ dataDir, log })).then((postgres) =>
      keep(() => startRdsData({ postgres, readSecret: (arn) => secretsManager.read(arn) })),
    ),
    begin('DynamoDB', () => startDynamoDb(store)),
    begin('SQS', () =>
      startSqs({
        ...store,
        ...(faults && { fateOf: (queueName, body) => faults.ofMessage(queueName, body) }),
      }),
    ),
    begin('S3', () => startS3({ dataDir, secretAccessKey: SECRET_ACCESS_KEY, denial: s3Denial })),
    keep(() => startSsm(store)),
  ]);
  for (const warning of assembly.warnings) log(`Warning: ${warning}`);
  await register.check([secretsManager, ...stores]);
  const logGroupOf = (functionName: string) =>
    lambda.configuration(functionName).logGroup ?? `/aws/lambda/${functionName}`;
  const lambdaLog = gateLogs(iam, place, logGroupOf, (functionName, line) => {
    log(readableLogLine(functionName, line));
  });
  const lambda: Lambda = await keep(() =>
    startLambda({
      dataDir: join(dataDir, 'lambda'),
      log: lambdaLog,
      ...(faults && { isThrottled: (functionName) => faults.isThrottled(functionName) }),
    }),
  );
  if (faults) awsEndpoint.intercept(breakCalls(faults, (token) => lambda.sandboxOf(token)));
  awsEndpoint.registerView('sandboxes', (_request, response) => {
    answerJson(response, 200, { sandboxes: lambda.sandboxes() });
  });

  const stack = { stackName: assembly.stackName, account: ACCOUNT, region: REGION };
  const sqsOf = (accessKeyId: string): SQSClient => {
    const credentials = { accessKeyId, secretAccessKey: SECRET_ACCESS_KEY };
    // Longer than the longest poll: one that is never answered does not stop the queue for good.
    const requestHandler = { requestTimeout: 25_000, throwOnRequestTimeout: true };
    const client = new SQSClient({ endpoint: awsEndpoint.url, region: REGION, credentials, requestHandler });
    running.defer(() => {
      client.destroy();
    });
    return client;
  };
  const roles: SchedulerRoles = {
    mayAssume: (roleArn) => iam.mayAssume('scheduler.amazonaws.com', roleArn),
    denial: (roleArn, action, resource) =>
      iam.denial(iam.sessionOf(roleArn, 'scheduler'), [{ action, resource }]),
  };
  const sqs = sqsOf('scheduler');
  const scheduler = await keep(() => startScheduler({ dataDir, region: REGION, lambda, sqs, roles, log }));
  await register.check([scheduler]);
  for (const service of [rdsData, secretsManager, ...stores, lambda, scheduler])
    awsEndpoint.register(service);
  const permissions = createPermissions();
  const httpApis = new Map<string, HttpApiDraft>();
  const outputs = await timed(
    'resources',
    deployStack(assembly.template, {
      stack,
      assets: assembly.assets,
      awsEndpointUrl: awsEndpoint.url,
      httpApiUrl: httpServer.url,
      lambda,
      iam,
      sqsOf,
      registerCluster: (cluster) => rdsData.registerCluster(cluster),
      customResources: await openCustomResourceRecords(join(dataDir, 'custom-resources.json')),
      log,
      keep: (part) => {
        running.defer(() => part.end());
      },
      queueUrls: new Map(),
      clusters: new Map(),
      httpApis,
      permissions,
    }),
  );
  await register.note([cluster, secretsManager, scheduler, ...stores]);
  scheduler.begin();
  awsEndpoint.registerView('outputs', (_request, response) => {
    answerJson(response, 200, { outputs });
  });
  for (const draft of httpApis.values()) {
    const invoke = lambdaInvoker(lambda, log);
    const logAccess = (logGroup: string, line: string): void => {
      log(readableLogLine(logGroup, line));
    };
    const api = finishHttpApi(draft, stack, permissions, invoke);
    httpServer.serve(createGateway(api, invoke, logAccess), api.cors?.AllowOrigins);
  }
  // The first to end: nothing new comes in while the rest ends.
  running.defer(() => httpServer.end());

  const owned = running.move();
  return {
    apiUrl: httpServer.url,
    awsEndpointUrl: awsEndpoint.url,
    outputs,
    end: () => owned.disposeAsync(),
  };
}
