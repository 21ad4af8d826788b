import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { actionName } from '../aws-endpoint/action-name.ts';
import type { PublishMetric } from '../cloudwatch/aws-metrics.ts';
import type { AwsService } from '../service.ts';
import { createAccountConcurrency } from './account-concurrency.ts';
import { respondWithAccountSettings } from './account-settings.ts';
import { AsynchronousInvocations, type EventInvokeConfiguration } from './asynchronous-invocations.ts';
import { BriefLine } from './brief-line.ts';
import { functionArn, validate, type FunctionConfiguration } from './function-configuration.ts';
import { FunctionPool } from './function-pool.ts';
import {
  UnknownFunctionError,
  type FunctionAnswer,
  type InvocableFunctions,
  type InvokeResult,
  type ThrottleReason,
} from './invocation.ts';
import { respondWithFunctions } from './functions-api.ts';
import { createInvocationMetrics } from './invocation-metrics.ts';
import { handleInvokeApi } from './invoke-api.ts';
import { otherVersion } from './runtimes.ts';
import { killOrphans, startRecords } from './sandbox-records.ts';
import type { SandboxHost } from './sandbox.ts';
import { WaitingLine } from './waiting-line.ts';

/** The default of AWS's quota "Concurrent executions": https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const DEFAULT_ACCOUNT_CONCURRENCY = 1_000;

/**
 * How long an invocation counts as one that keeps a core busy, in milliseconds: one that runs for longer waits for
 * something else, as a long poll does.
 */
const CORE_MS = 100;

export interface LambdaOptions {
  /** Called with each line that a function writes and its log stream, and with Lambda's own lines, which have none. */
  readonly log: (functionName: string, line: string, logStream?: string) => void;
  /** A folder of Lambda's own: the list of running sandboxes, and the compile cache. Created if absent. */
  readonly dataDir: string;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default 000000000000 */
  readonly accountId?: string;
  /**
   * Invocations that this machine runs at a time, over all functions without reserved concurrency. Further ones wait.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /**
   * The account's quota of concurrent executions. Functions without a reservation share what the others have left of it; an
   * invocation beyond that is throttled.
   *
   * @default 1000
   */
  readonly accountConcurrency?: number;
  /**
   * The folders from which the packages that Lambda's runtime includes (the AWS SDK) are looked up.
   *
   * @default - the working directory, then errand-local's own folder
   */
  readonly sdkFolders?: readonly string[];
  /** How long an idle sandbox is kept, in milliseconds. @default two minutes */
  readonly idleTimeoutMs?: number;
  /** The waits before the retries of an asynchronous event, in milliseconds. @default as in AWS: one and two minutes */
  readonly asyncRetryDelaysMs?: readonly number[];
  /** Takes Lambda's own metrics. @default - nobody does */
  readonly publish?: PublishMetric;
  /** Asked before each invocation whether it is refused, as beyond the account's quota. @default - none is */
  readonly isThrottled?: (functionName: string) => boolean;
}

export interface Lambda extends AwsService, InvocableFunctions {
  /** @throws Error that names the function and what is wrong with it */
  createFunction(configuration: FunctionConfiguration): void;
  /**
   * Replaces a function's configuration: further invocations run in new sandboxes, and running ones finish in the old ones. A function
   * that is in use gets a new sandbox at once.
   *
   * @returns resolves when no sandbox of the old configuration is left
   * @throws UnknownFunctionError; Error that names the function and what is wrong with it
   */
  updateFunction(configuration: FunctionConfiguration): Promise<void>;
  /** Ends a function's sandboxes and forgets it. @throws UnknownFunctionError */
  deleteFunction(functionName: string): Promise<void>;
  /** All functions. */
  functions(): readonly FunctionConfiguration[];
  /** Names a version or an alias of a function. All of them run its one code. @throws UnknownFunctionError */
  addQualifier(functionName: string, qualifier: string): void;
  /** Says what becomes of the function's asynchronous events that fail. @throws UnknownFunctionError */
  configureEvents(functionName: string, configuration: EventInvokeConfiguration): void;
  /** The processes that run at the moment. */
  sandboxes(): SandboxDescription[];
  /** The sandbox whose credentials have this session token; undefined once it is gone. */
  sandboxOf(sessionToken: string): RunningSandbox | undefined;
}

/** A process that runs a function, for whoever wants it gone. */
export interface RunningSandbox {
  /** The event of the invocation that it runs and has not answered, as JSON. */
  readonly event: string | undefined;
  /** Kills it by SIGKILL, and all it started. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface SandboxDescription {
  readonly function: string;
  readonly pid: number;
  readonly state: 'starting' | 'idle' | 'busy';
  /** The invocation that a busy sandbox runs. */
  readonly requestId?: string;
}

/** Starts an empty Lambda. Sandboxes that an earlier run left behind in `dataDir` are killed first. */
export async function startLambda(options: LambdaOptions): Promise<Lambda> {
  const { log, dataDir, region = 'us-east-1', accountId = '000000000000', concurrency = 10 } = options;
  const place = { region, accountId };
  const dir = path.resolve(dataDir);
  const token = `errand-sandbox-${randomUUID()}`;
  await killOrphans(path.join(dir, 'sandboxes'));
  const records = await startRecords(path.join(dir, 'sandboxes'), token);

  const host: SandboxHost = {
    account: place,
    token,
    log,
    compileCacheDir: path.join(dir, 'compile-cache'),
    sdkFolders: options.sdkFolders ?? [process.cwd(), import.meta.dirname],
    idleTimeoutMs: options.idleTimeoutMs ?? 120_000,
    onStart: (pid) => {
      records.add(pid);
    },
  };
  const pools = new Map<string, FunctionPool>();
  const eventConfigurations = new Map<string, EventInvokeConfiguration>();
  /** `name:qualifier` */
  const qualifiers = new Set<string>();
  const reservedInUse = new Map<string, number>();
  const account = createAccountConcurrency(options.accountConcurrency ?? DEFAULT_ACCOUNT_CONCURRENCY, () =>
    lambda.functions(),
  );
  let unreservedInUse = 0;
  const metrics = createInvocationMetrics(options.publish);
  const machinePlaces = new WaitingLine(concurrency);
  const starts = new WaitingLine(availableParallelism());
  const cores = new BriefLine(availableParallelism() + 1, CORE_MS);
  const asynchronous = new AsynchronousInvocations(options.asyncRetryDelaysMs);

  function pool(functionName: string): FunctionPool {
    const found = pools.get(functionName);
    if (!found) throw new UnknownFunctionError(functionArn(place, functionName));
    return found;
  }

  /** Takes a place for one invocation: the way to give it back, or the reason why there is none. */
  async function admit({
    name,
    reservedConcurrency,
  }: FunctionConfiguration): Promise<(() => void) | ThrottleReason> {
    if (options.isThrottled?.(name)) return 'ConcurrentInvocationLimitExceeded';
    if (reservedConcurrency === undefined) {
      if (unreservedInUse >= account.unreserved()) return 'ConcurrentInvocationLimitExceeded';
      unreservedInUse += 1;
      await machinePlaces.enter();
      const leaveCore = await cores.enter();
      return () => {
        leaveCore();
        machinePlaces.leave();
        unreservedInUse -= 1;
      };
    }
    const inUse = reservedInUse.get(name) ?? 0;
    if (inUse >= reservedConcurrency) return 'ReservedFunctionConcurrentInvocationLimitExceeded';
    reservedInUse.set(name, inUse + 1);
    return () => {
      reservedInUse.set(name, (reservedInUse.get(name) ?? 0) - 1);
    };
  }

  async function run(
    target: FunctionPool,
    requestId: string,
    payload: Buffer,
    onLogLine?: (line: string) => void,
  ): Promise<InvokeResult> {
    const { name } = target.configuration;
    const admission = await admit(target.configuration);
    if (typeof admission === 'string') {
      metrics.throttled(name);
      return { throttled: true, requestId, reason: admission };
    }
    const measurement = metrics.admitted(name);
    const answer = await new Promise<FunctionAnswer>((resolve) => {
      const onStart = () => {
        measurement.started();
      };
      target.dispatch({ requestId, payload, answer: resolve, onStart, ...(onLogLine && { onLogLine }) });
    });
    admission();
    measurement.ended(answer.functionError !== undefined);
    return { throttled: false, requestId, ...answer };
  }

  const lambda: Lambda = {
    name: 'lambda',
    createFunction(configuration) {
      validate(configuration);
      if (pools.has(configuration.name))
        throw new Error(`Lambda function ${configuration.name}: it exists already`);
      account.checkReservation(configuration);
      const resolved = { ...configuration, codeDir: path.resolve(configuration.codeDir) };
      pools.set(configuration.name, new FunctionPool(resolved, host, starts));
      const version = otherVersion(configuration);
      if (version !== undefined) log(configuration.name, `${configuration.name} ${version}.`);
    },
    updateFunction(configuration) {
      validate(configuration);
      const target = pool(configuration.name);
      account.checkReservation(configuration);
      return target.update({ ...configuration, codeDir: path.resolve(configuration.codeDir) });
    },
    async deleteFunction(functionName) {
      const target = pool(functionName);
      pools.delete(functionName);
      await target.end();
    },
    functions: () => [...pools.values()].map(({ configuration }) => configuration),
    configureEvents(functionName, configuration) {
      eventConfigurations.set(pool(functionName).configuration.name, configuration);
    },
    addQualifier(functionName, qualifier) {
      const { name } = pool(functionName).configuration;
      qualifiers.add(`${name}:${qualifier}`);
    },
    hasQualifier(functionName, qualifier) {
      const { name } = pool(functionName).configuration;
      return qualifier === '$LATEST' || qualifiers.has(`${name}:${qualifier}`);
    },
    configuration: (functionName) => pool(functionName).configuration,
    async invoke(functionName, event, onLogLine) {
      return run(pool(functionName), randomUUID(), Buffer.from(event), onLogLine);
    },
    invokeAsync(functionName, event) {
      const target = pool(functionName);
      const requestId = randomUUID();
      const payload = Buffer.from(event);
      const measurement = metrics.received(functionName);
      asynchronous.start(
        async () => {
          const attempt = measurement.attempted();
          const result = await run(target, requestId, payload);
          if (result.throttled) return 'throttled';
          attempt.invoked();
          return result.functionError ? 'failed' : 'succeeded';
        },
        (reason) => {
          measurement.dropped();
          log(functionName, `Lambda dropped the asynchronous event ${requestId}: ${reason}`);
        },
        eventConfigurations.get(functionName),
      );
      return requestId;
    },
    sandboxes: () => [...pools.values()].flatMap(describe),
    sandboxOf(sessionToken) {
      for (const { sandboxes } of pools.values()) {
        for (const sandbox of sandboxes) {
          if (sandbox.sessionToken !== sessionToken) continue;
          return { event: sandbox.event?.toString(), kill: () => sandbox.kill() };
        }
      }
      return undefined;
    },
    handle(request, response) {
      switch (actionName('lambda', request)) {
        case 'GetAccountSettings':
          respondWithAccountSettings(account, pools.size, request, response);
          return;
        case 'ListFunctions':
        case 'GetFunctionConfiguration':
          respondWithFunctions(lambda, place, request, response);
          return;
        default:
          handleInvokeApi(lambda, request, response);
      }
    },
    async end() {
      asynchronous.end();
      await Promise.all([...pools.values()].map((each) => each.end()));
      await records.clear();
    },
  };
  return lambda;
}

function describe({ configuration, sandboxes }: FunctionPool): SandboxDescription[] {
  return [...sandboxes].flatMap(({ pid, state, requestId }) => {
    if (pid === undefined || state === 'ending') return [];
    return {
      function: configuration.name,
      pid,
      state: state === 'answered' ? 'busy' : state,
      ...(requestId && { requestId }),
    };
  });
}
