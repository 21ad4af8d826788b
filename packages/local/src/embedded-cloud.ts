import { join } from 'node:path';
import { answerJson } from './aws-endpoint/answer.ts';
import { startAwsEndpoint, type AdminView } from './aws-endpoint/aws-endpoint.ts';
import { forwardTo } from './aws-endpoint/forward.ts';
import { lockDataFolder } from './data-folder/lock.ts';
import { closeDataFolder, distrustDataFolder } from './data-folder/private-folder.ts';
import { openStoreRegister } from './data-folder/store-register.ts';
import type { AdjustFunction } from './deploy/deployed-functions.ts';
import { createDeployment, createSqsClient } from './deployment.ts';
import { freeBytesOf, guardDisk } from './disk-space.ts';
import { createFaultsView, faultsAreOff } from './faults/admin-view.ts';
import { breakCalls } from './faults/break-call.ts';
import { createFaults } from './faults/faults.ts';
import { guardCalls } from './iam/guard.ts';
import { createIam } from './iam/iam.ts';
import { gateLogs } from './iam/log-gate.ts';
import { createCloudFormation } from './cloudformation/cloudformation.ts';
import { startHttpServer } from './http-api/http-server.ts';
import type { FunctionConfiguration } from './lambda/function-configuration.ts';
import { startLambda, type Lambda } from './lambda/lambda.ts';
import { startCloudWatch } from './cloudwatch/cloudwatch.ts';
import { createAlarmsView } from './cloudwatch/alarms-view.ts';
import { createMetricsPage } from './cloudwatch/metrics-page.ts';
import type { MetricDescriptions } from './cloudwatch/totals.ts';
import { createCloudLogs } from './logs/cloud-logs.ts';
import { createLogs } from './logs/logs.ts';
import { clusterStore } from './postgres/data-folder.ts';
import { schedulerRoles } from './scheduler/deliver.ts';
import { startScheduler } from './scheduler/scheduler.ts';
import { end, service, startServices, type Service } from './start-services.ts';
import { createStores } from './stores.ts';
import { createSts } from './sts/sts.ts';
import { arn } from './template/names.ts';
import { readAssembly, type Assembly } from './template/assembly.ts';

export { isolateConstruct } from './app/isolate-construct.ts';
export type * from './app/isolate-construct.ts';

export interface EmbeddedCloudOptions {
  /**
   * The folder of a cloud assembly with one stack, or a function that creates the folder while the stores start. The function receives the
   * URL that the AWS endpoint will have.
   */
  readonly assemblyDir: string | ((endpoints: { awsEndpointUrl: string }) => Promise<string>);
  /** The folder for all persistent data. The folder is created if it does not exist. Other users can't access it. */
  readonly dataDir: string;
  /** The HTTP API's port; 0 picks a free port. */
  readonly httpPort: number;
  /** The address or host name that the HTTP API listens on. @default 127.0.0.1, which is reachable only from this machine */
  readonly httpHost?: string;
  /** The AWS endpoint's port on 127.0.0.1; 0 picks a free port. */
  readonly awsPort: number;
  /** Whether `/_errand/faults` on the AWS endpoint can inject faults (docs/faults.md). @default false */
  readonly faults?: boolean;
  /**
   * Additional HTTP handlers on the AWS endpoint, each under `/_errand/<name>`. The names `alarms`, `calls`, `faults`, `grants`,
   * `outputs` and `sandboxes` are taken.
   *
   * @default - none
   */
  readonly views?: Readonly<Record<string, AdminView>>;
  /**
   * URLs of servers that replace embedded services, keyed by the service's signing name, such as `{ sqs: 'http://127.0.0.1:4569' }`. IAM
   * policies and injected faults still apply.
   *
   * @default - none
   */
  readonly servers?: Readonly<Record<string, string>>;
  /**
   * The account's concurrency quota for Lambda, which GetAccountSettings returns.
   *
   * @default - `accountConcurrency` under `errand-local` in the Metadata of the stack's template, otherwise 1000
   */
  readonly accountConcurrency?: number;
  /**
   * The labels and help texts that `/metrics` shows for metrics in logs.
   *
   * @default - the metrics' dimensions become labels, and their names become help texts
   */
  readonly metricDescriptions?: MetricDescriptions;
  /** Returns the number of free bytes on the data folder's disk. @default - asks the operating system */
  readonly freeBytes?: () => number;
  /**
   * Called with each line of output: lines that functions write, one line per API request, the stack's warnings, and the embedded cloud's
   * own errors.
   */
  readonly log: (line: string) => void;
  /**
   * Called with each line that a function writes, unchanged.
   *
   * @default - `log` receives the line in a readable form
   */
  readonly logFunction?: (functionName: string, line: string) => void;
  /**
   * Called with each line of an API's access log.
   *
   * @default - `log` receives the line in a readable form
   */
  readonly logAccess?: (logGroup: string, line: string) => void;
  /** Changes each function's configuration before the function is created. @default - no changes */
  readonly adjustFunction?: AdjustFunction;
  /**
   * Additional environment variables for PostgreSQL's processes, such as LD_PRELOAD.
   *
   * @default - none; of this process's variables, PostgreSQL gets only PATH
   */
  readonly postgresVariables?: Readonly<Record<string, string>>;
  /** Called after each startup step, with its duration in milliseconds. */
  readonly onStep?: (step: string, milliseconds: number) => void;
}

export interface EmbeddedCloud {
  /** The HTTP API's URL, such as `http://127.0.0.1:3000`. */
  readonly apiUrl: string;
  /** The AWS endpoint's URL, such as `http://127.0.0.1:4566`. */
  readonly awsEndpointUrl: string;
  /** The stack's outputs. */
  readonly outputs: Readonly<Record<string, string>>;
  /** The stack's functions. */
  readonly functions: readonly FunctionConfiguration[];
  /**
   * Replaces a function's code with the code in another folder, like UpdateFunctionCode. Running invocations
   * finish with the old code. If the stack has a version of the function, the code is published as the next version, and the
   * stack's aliases and event source mappings then invoke the new version. Earlier versions keep their code.
   *
   * @returns a promise that resolves when no process runs the old code
   * @throws Error if the function is unknown, or if the folder does not contain its handler
   */
  updateFunctionCode(functionName: string, codeDir: string): Promise<void>;
  /**
   * Deploys another version of the stack. All data is kept, and running invocations finish with the old code. If the deployment
   * fails, the previous version is deployed again.
   *
   * @param assemblyDir the folder of a cloud assembly, which must not change while functions run its code
   * @throws a one-line Error with the cause
   */
  deploy(assemblyDir: string): Promise<void>;
  /** Stops everything, in reverse startup order. */
  end(): Promise<void>;
}

/** The stack's account and region. The stack must not specify an account or a region in `env`. */
const ACCOUNT = '000000000000';
const REGION = 'us-east-1';

/**
 * Runs a synthesized stack on this machine. If a service fails to start, the services that are already running are stopped.
 *
 * @throws a one-line Error with the cause
 */
export async function startEmbeddedCloud(options: EmbeddedCloudOptions): Promise<EmbeddedCloud> {
  const { dataDir, log } = options;
  const place = { region: REGION, account: ACCOUNT };
  const iam = createIam(place);
  const faults = options.faults ? createFaults() : undefined;

  const dataFolder = service({
    name: 'data folder',
    async start() {
      const { wasOpen } = await closeDataFolder(dataDir);
      return { lock: await lockDataFolder(dataDir), wasOpen };
    },
    stop: ({ lock }) => lock.end(),
  });
  const cluster = clusterStore(dataDir);
  const cloudWatch = startCloudWatch({
    log,
    ...(options.metricDescriptions && { descriptions: options.metricDescriptions }),
  });
  const logs = createCloudLogs({
    log,
    logFunction: options.logFunction,
    logAccess: options.logAccess,
    logGroupOf: (functionName) => logGroupOf(functionName),
    measurements: cloudWatch.measurements,
  });
  const register = service({
    name: 'register of the stores',
    async start() {
      if (dataFolder.running.wasOpen) await distrustDataFolder(dataDir);
      const opened = await openStoreRegister(dataDir);
      await opened.check([cluster]);
      return opened;
    },
  });

  const httpServer = service({
    name: 'HTTP server',
    start: () => startHttpServer({ port: options.httpPort, host: options.httpHost }),
    stop: end,
  });
  const awsEndpoint = service({
    name: 'AWS endpoint',
    start: () => startAwsEndpoint({ port: options.awsPort, log }),
    stop: end,
  });
  const guards = service({
    name: 'guards of the AWS endpoint',
    start() {
      const { running: endpoint } = awsEndpoint;
      endpoint.intercept(guardCalls(iam, place, log));
      endpoint.intercept(guardDisk(dataDir, options.freeBytes ?? (() => freeBytesOf(dataDir)), log));
      endpoint.registerView('faults', faults ? createFaultsView(faults) : faultsAreOff);
      for (const [name, view] of Object.entries(options.views ?? {})) endpoint.registerView(name, view);
      endpoint.registerView('grants', (_request, response) => {
        answerJson(response, 200, { grants: iam.grants() });
      });
    },
  });

  const { secretsManager, postgres, rdsData, dynamoDb, sqs, s3, ssm } = createStores({
    dataDir,
    region: REGION,
    awsEndpoint,
    iam,
    faults,
    log,
    cloudWatch,
    postgresVariables: options.postgresVariables,
  });
  const assembly = service({
    name: 'assembly',
    async start() {
      const { assemblyDir } = options;
      const awsEndpointUrl = awsEndpoint.running.url;
      return readAssembly(
        typeof assemblyDir === 'string' ? assemblyDir : await assemblyDir({ awsEndpointUrl }),
      );
    },
  });
  const stores = () => [secretsManager, dynamoDb, sqs, s3, ssm].map(({ running }) => running);
  const checkedStores = service({
    name: 'check of the stores',
    async start() {
      for (const warning of assembly.running.warnings) log(`Warning: ${warning}`);
      await register.running.check(stores());
    },
  });

  const lambda: Service<Lambda> = service({
    name: 'Lambda',
    start() {
      const accountConcurrency = options.accountConcurrency ?? assembly.running.accountConcurrency;
      return startLambda({
        dataDir: join(dataDir, 'lambda'),
        log: gateLogs(iam, place, logGroupOf, logs.writeFunction, logs.showFunction),
        publish: cloudWatch.measurements.publish,
        endpoints: { aws: awsEndpoint.running.url, api: httpServer.running.url },
        ...(accountConcurrency !== undefined && { accountConcurrency }),
        ...(faults && { isThrottled: (functionName) => faults.isThrottled(functionName) }),
      });
    },
    stop: end,
  });
  // A function's last log lines may arrive after the function has been deleted. These lines go to the function's default log group.
  const logGroupOf = (functionName: string): string =>
    lambda.running.functions().find(({ name }) => name === functionName)?.logGroup ??
    `/aws/lambda/${functionName}`;
  const sandboxes = service({
    name: 'sandboxes of the AWS endpoint',
    start() {
      const { running: endpoint } = awsEndpoint;
      if (faults) endpoint.intercept(breakCalls(faults, (token) => lambda.running.sandboxOf(token)));
      endpoint.registerView('sandboxes', (_request, response) => {
        answerJson(response, 200, { sandboxes: lambda.running.sandboxes() });
      });
    },
  });

  const schedulerClient = service({
    name: "EventBridge Scheduler's client of SQS",
    start: () => createSqsClient(awsEndpoint.running.url, REGION, 'scheduler'),
    stop: (client) => {
      client.destroy();
    },
  });
  const scheduler = service({
    name: 'EventBridge Scheduler',
    start: () =>
      startScheduler({
        dataDir,
        region: REGION,
        lambda: lambda.running,
        sqs: schedulerClient.running,
        roles: schedulerRoles(iam),
        publish: cloudWatch.measurements.publish,
        log,
      }),
    stop: end,
  });
  const awsServices = service({
    name: 'services of the AWS endpoint',
    async start() {
      await register.running.check([scheduler.running]);
      const sts = createSts({
        account: ACCOUNT,
        roleSessionOf: (accessKeyId) => iam.principalOf(accessKeyId)?.userArn,
      });
      const cloudWatchLogs = createLogs(logs.store, (group) => arn(place, 'logs', `log-group:${group}`));
      const own = [lambda.running, scheduler.running, sts, cloudWatchLogs, cloudWatch];
      for (const each of [rdsData.running, ...stores(), ...own]) awsEndpoint.running.register(each);
      const forwarding = Object.entries(options.servers ?? {}).map(([name, url]) => forwardTo(name, url));
      for (const each of forwarding) awsEndpoint.running.register(each);
      return forwarding;
    },
    async stop(forwarding) {
      for (const each of forwarding) await each.end();
    },
  });

  let deployed: Assembly | undefined;
  const { resources, httpApi, removals } = createDeployment({
    dataDir,
    place,
    assembly: () => deployed ?? assembly.running,
    httpServer,
    awsEndpoint,
    lambda,
    adjustFunction: options.adjustFunction,
    rdsData,
    iam,
    cloudWatch,
    log,
    logAccess: logs.writeAccess,
  });
  /**
   * Deploys another version of the stack. As in AWS, the previous version's pollers and schedules run until the new version is completely
   * deployed. After a failure, the previous version's policies still apply.
   */
  const deploy = async (version: Assembly): Promise<void> => {
    deployed = version;
    const { parts: partsBefore } = resources.running;
    const dropPrevious = iam.supersede();
    await resources.start();
    await partsBefore.disposeAsync();
    await httpApi.start();
    await removals.start();
    dropPrevious();
  };
  const firings = service({
    name: 'firings of EventBridge Scheduler',
    async start() {
      await register.running.note([cluster, scheduler.running, ...stores()]);
      scheduler.running.begin();
      cloudWatch.begin();
      awsEndpoint.running.registerView('alarms', createAlarmsView(cloudWatch));
      awsEndpoint.running.registerPage('/metrics', createMetricsPage(cloudWatch));
      awsEndpoint.running.register(createCloudFormation(() => resources.running.deployedStack));
      awsEndpoint.running.registerView('outputs', (_request, response) => {
        answerJson(response, 200, { outputs: resources.running.deployedStack.outputs });
      });
    },
    stop: () => cloudWatch.end(),
  });
  const cloud = await startServices(
    [
      ...[dataFolder, register, httpServer, awsEndpoint, guards, secretsManager],
      [assembly, postgres, dynamoDb, sqs, s3, ssm],
      ...[rdsData, checkedStores, lambda, sandboxes, schedulerClient, scheduler, awsServices],
      ...[resources, firings, httpApi, removals],
    ],
    options.onStep,
  );
  return {
    apiUrl: httpServer.running.url,
    awsEndpointUrl: awsEndpoint.running.url,
    get outputs() {
      return resources.running.deployedStack.outputs;
    },
    get functions() {
      return lambda.running.functions();
    },
    updateFunctionCode(functionName, codeDir) {
      const { running } = lambda;
      const updated = running.updateFunction({ ...running.configuration(functionName), codeDir });
      resources.running.versions.publishAgain(functionName);
      return updated;
    },
    async deploy(assemblyDir) {
      const previous = deployed ?? assembly.running;
      const next = await readAssembly(assemblyDir);
      for (const warning of next.warnings) log(`Warning: ${warning}`);
      try {
        await deploy(next);
      } catch (error) {
        await deploy(previous);
        throw error;
      }
    },
    end: () => cloud.stop(),
  };
}
