import { randomUUID } from 'node:crypto';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { actionName } from '../aws-endpoint/action-name.ts';
import type { PublishMetric } from '../cloudwatch/aws-metrics.ts';
import type { AwsService } from '../service.ts';
import { createAccountConcurrency } from './account-concurrency.ts';
import { respondWithAccountSettings } from './account-settings.ts';
import { createAdmission } from './admission.ts';
import { AsynchronousInvocations, type EventInvokeConfiguration } from './asynchronous-invocations.ts';
import { DebuggerPorts } from './debugger-ports.ts';
import { functionArn, validate, type FunctionConfiguration } from './function-configuration.ts';
import { FunctionPool } from './function-pool.ts';
import { LATEST, readFunctionReference } from './function-reference.ts';
import {
  UnknownFunctionError,
  type FunctionAnswer,
  type InvocableFunctions,
  type InvokeResult,
} from './invocation.ts';
import { respondWithFunctions } from './functions-api.ts';
import { createInvocationMetrics } from './invocation-metrics.ts';
import { handleInvokeApi } from './invoke-api.ts';
import { otherVersion } from './runtimes.ts';
import { killOrphans, startRecords } from './sandbox-records.ts';
import type { SandboxHost } from './sandbox.ts';
import { VersionedFunction } from './versioned-function.ts';
import { openVersions, type PublishedVersion } from './versions.ts';
import { WaitingLine } from './waiting-line.ts';

/** The default of AWS's "Concurrent executions" quota: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const DEFAULT_ACCOUNT_CONCURRENCY = 1_000;

export interface LambdaOptions {
  /**
   * Called with each line that a function writes, and with the line's log stream. Lambda's own lines have no log stream.
   */
  readonly log: (functionName: string, line: string, logStream?: string) => void;
  /**
   * A folder for Lambda's own data: the list of running sandboxes, the compile cache, and published versions. Created if absent.
   */
  readonly dataDir: string;
  /** @default us-east-1 */
  readonly region?: string;
  /** @default 000000000000 */
  readonly accountId?: string;
  /**
   * The maximum number of concurrent invocations on this machine, across all functions without reserved concurrency. Invocations beyond
   * this limit wait.
   *
   * @default 10
   */
  readonly concurrency?: number;
  /**
   * The account's concurrency quota. Functions without reserved concurrency share the unreserved part of the quota. Invocations beyond
   * the quota are throttled.
   *
   * @default 1000
   */
  readonly accountConcurrency?: number;
  /**
   * The folders to search for the AWS SDK, which is part of AWS's Lambda runtime.
   *
   * @default - the working directory, then errand-local's own folder
   */
  readonly sdkFolders?: readonly string[];
  /**
   * The embedded cloud's URLs, such as `http://127.0.0.1:4566`, keyed by name. If a version was published with different URLs, its
   * environment gets the current URLs.
   *
   * @default - none
   */
  readonly endpoints?: Readonly<Record<string, string>>;
  /** How long an idle sandbox is kept, in milliseconds. @default two minutes */
  readonly idleTimeoutMs?: number;
  /** The delays before an asynchronous event's retries, in milliseconds. @default one and two minutes, as in AWS */
  readonly asyncRetryDelaysMs?: readonly number[];
  /** Publishes Lambda's own metrics. @default - discards the metrics */
  readonly publish?: PublishMetric;
  /**
   * Called before each invocation. Returns whether to throttle the invocation as if the account's quota were exhausted. @default - never
   */
  readonly isThrottled?: (functionName: string) => boolean;
}

export interface Lambda extends AwsService, InvocableFunctions {
  /** @throws Error that names the function and the problem */
  createFunction(configuration: FunctionConfiguration): void;
  /**
   * Replaces a function's configuration. Further invocations run in new sandboxes, and running invocations finish in the old sandboxes. If the
   * function is in use, a new sandbox is started immediately.
   *
   * @returns a promise that resolves when no sandboxes with the old configuration are left
   * @throws UnknownFunctionError; Error that names the function and the problem
   */
  updateFunction(configuration: FunctionConfiguration): Promise<void>;
  /** Deletes a function and its versions, and stops their sandboxes. Does nothing if the function does not exist. */
  deleteFunction(functionName: string): Promise<void>;
  /** All functions. */
  functions(): readonly FunctionConfiguration[];
  /**
   * The names of the functions that have versions. Some of these functions may have been created in an earlier run, but not yet in this
   * run.
   */
  versionedFunctions(): readonly string[];
  /** A function's versions, oldest first. */
  versions(functionName: string): readonly PublishedVersion[];
  /** Publishes a function's code and configuration. @returns the version @throws UnknownFunctionError */
  publishVersion(functionName: string): string;
  /**
   * Deletes a version, which would otherwise survive restarts. The version's running invocations finish. Does nothing if the version does not
   * exist.
   *
   * @throws UnknownFunctionError; VersionInUseError
   */
  deleteVersion(functionName: string, version: string): void;
  /** Points a function's alias at a version. @throws UnknownFunctionError, also if the version does not exist */
  setAlias(functionName: string, alias: string, version: string): void;
  /** Removes a function's aliases, except those in `aliases`. @throws UnknownFunctionError */
  keepAliases(functionName: string, aliases: ReadonlySet<string>): void;
  /** Moves all aliases from one version to another. @throws UnknownFunctionError */
  moveAliases(functionName: string, from: string, to: string): void;
  /** Configures how Lambda handles the function's failed asynchronous events. @throws UnknownFunctionError */
  configureEvents(functionName: string, configuration: EventInvokeConfiguration): void;
  /** The sandbox processes that are currently running. */
  sandboxes(): SandboxDescription[];
  /** Returns the sandbox with this session token, or undefined after the sandbox's process has exited. */
  sandboxOf(sessionToken: string): RunningSandbox | undefined;
}

/** A sandbox process that runs a function. Callers can kill it. */
export interface RunningSandbox {
  /** The event of the current invocation, as JSON. */
  readonly event: string | undefined;
  /** Kills the process and its child processes with SIGKILL. Resolves when they have exited. */
  kill(): Promise<void>;
}

export interface SandboxDescription {
  readonly function: string;
  /** A published version's number; absent for `$LATEST`. */
  readonly version?: string;
  readonly pid: number;
  readonly state: 'starting' | 'idle' | 'busy';
  /** The current invocation's request ID; absent if no invocation is running. */
  readonly requestId?: string;
}

/** An invocation's target. */
interface Target {
  readonly invoked: VersionedFunction;
  readonly pool: FunctionPool;
  /** The ARN that the caller invoked. */
  readonly arn: string;
}

/** Starts Lambda without functions. First kills any sandboxes that an earlier run left behind, according to the list in `dataDir`. */
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
    debuggerPorts: new DebuggerPorts(),
  };
  const versions = openVersions(dir, options.endpoints ?? {});
  const functions = new Map<string, VersionedFunction>();
  /** The event configurations, keyed by `name` or, for a version or alias, by `name:qualifier`. */
  const eventConfigurations = new Map<string, EventInvokeConfiguration>();
  const account = createAccountConcurrency(options.accountConcurrency ?? DEFAULT_ACCOUNT_CONCURRENCY, () =>
    lambda.functions(),
  );
  const admit = createAdmission({
    account,
    concurrency,
    isThrottled: options.isThrottled ?? (() => false),
  });
  const metrics = createInvocationMetrics(options.publish);
  const starts = new WaitingLine(availableParallelism());
  const asynchronous = new AsynchronousInvocations(options.asyncRetryDelaysMs);

  const deletions = new Set<Promise<void>>();

  function functionNamed(name: string, called = name): VersionedFunction {
    const found = functions.get(name);
    if (!found) throw new UnknownFunctionError(functionArn(place, called));
    return found;
  }

  /** @throws UnknownFunctionError */
  function targetOf(called: string): Target {
    const { name, qualifier } = readFunctionReference(called) ?? { name: called, qualifier: undefined };
    const invoked = functionNamed(name, called);
    return { invoked, pool: invoked.pool(qualifier), arn: functionArn(place, called) };
  }

  async function run(
    { invoked, pool, arn }: Target,
    requestId: string,
    payload: Buffer,
    onLogLine?: (line: string) => void,
  ): Promise<InvokeResult> {
    const { name } = invoked.configuration;
    const admission = await admit(invoked.configuration);
    if (typeof admission === 'string') {
      metrics.throttled(name);
      return { throttled: true, requestId, reason: admission };
    }
    const measurement = metrics.admitted(name);
    const answer = await new Promise<FunctionAnswer>((resolve) => {
      const onStart = () => {
        measurement.started();
      };
      const invocation = { requestId, payload, functionArn: arn, answer: resolve, onStart };
      pool.dispatch({ ...invocation, ...(onLogLine && { onLogLine }) });
    });
    admission();
    measurement.ended(answer.functionError !== undefined);
    return { throttled: false, requestId, ...answer };
  }

  /** Removes the code of deleted versions once no sandbox runs it. */
  function removeCodeAfter(deletion: Promise<void>): Promise<void> {
    const removed = deletion.then(() => {
      deletions.delete(removed);
      if (deletions.size === 0) versions.sweep();
    });
    deletions.add(removed);
    return removed;
  }

  const pools = (): FunctionPool[] => [...functions.values()].flatMap((each) => each.pools);

  const lambda: Lambda = {
    name: 'lambda',
    createFunction(configuration) {
      validate(configuration);
      if (functions.has(configuration.name))
        throw new Error(`Lambda function ${configuration.name}: the function already exists`);
      account.checkReservation(configuration);
      const resolved = { ...configuration, codeDir: path.resolve(configuration.codeDir) };
      const createPool = (each: FunctionConfiguration) => new FunctionPool(each, host, starts);
      functions.set(
        configuration.name,
        new VersionedFunction(resolved, { account: place, versions, createPool }),
      );
      const version = otherVersion(configuration);
      if (version !== undefined) log(configuration.name, `${configuration.name} ${version}.`);
      const lost = versions.lost(configuration.name).join(', ');
      if (lost !== '') log(configuration.name, `Lost versions ${lost}: their code is no longer in ${dir}.`);
    },
    updateFunction(configuration) {
      validate(configuration);
      const target = functionNamed(configuration.name);
      account.checkReservation(configuration);
      return target.update({ ...configuration, codeDir: path.resolve(configuration.codeDir) });
    },
    deleteFunction(functionName) {
      const deleted = functions.get(functionName);
      functions.delete(functionName);
      versions.forget(functionName);
      return removeCodeAfter(Promise.resolve(deleted?.end()));
    },
    functions: () => [...functions.values()].map(({ configuration }) => configuration),
    versionedFunctions: () => versions.functionNames(),
    versions: (functionName) => versions.list(functionName),
    publishVersion: (functionName) => functionNamed(functionName).publish(),
    deleteVersion(functionName, version) {
      void removeCodeAfter(functionNamed(functionName).deleteVersion(version));
    },
    setAlias(functionName, alias, version) {
      functionNamed(functionName).setAlias(alias, version);
    },
    keepAliases(functionName, aliases) {
      functionNamed(functionName).keepAliases(aliases);
    },
    moveAliases(functionName, from, to) {
      functionNamed(functionName).moveAliases(from, to);
    },
    configureEvents(functionName, configuration) {
      targetOf(functionName);
      eventConfigurations.set(withoutLatest(functionName), configuration);
    },
    configuration(functionName) {
      const { invoked, pool } = targetOf(functionName);
      return pool.configuration.version === undefined ? invoked.configuration : pool.configuration;
    },
    async invoke(functionName, event, onLogLine) {
      return run(targetOf(functionName), randomUUID(), Buffer.from(event), onLogLine);
    },
    invokeAsync(functionName, event) {
      const target = targetOf(functionName);
      const requestId = randomUUID();
      const payload = Buffer.from(event);
      const { name } = target.invoked.configuration;
      const measurement = metrics.received(name);
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
          log(name, `Lambda dropped the asynchronous event ${requestId}: ${reason}`);
        },
        eventConfigurations.get(withoutLatest(functionName)),
      );
      return requestId;
    },
    sandboxes: () => pools().flatMap(describe),
    sandboxOf(sessionToken) {
      for (const { sandboxes } of pools()) {
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
          respondWithAccountSettings(account, functions.size, request, response);
          return;
        case 'ListFunctions':
        case 'GetFunctionConfiguration':
        case 'ListVersionsByFunction':
        case 'DeleteFunction':
          respondWithFunctions(lambda, place, request, response);
          return;
        default:
          handleInvokeApi(lambda, request, response);
      }
    },
    async end() {
      asynchronous.end();
      await Promise.all([...[...functions.values()].map((each) => each.end()), ...deletions]);
      await records.clear();
    },
  };
  return lambda;
}

/** Removes `:$LATEST` from a name, because the unqualified name is equivalent. */
function withoutLatest(functionName: string): string {
  return functionName.endsWith(`:${LATEST}`) ? functionName.slice(0, -LATEST.length - 1) : functionName;
}

function describe({ configuration, sandboxes }: FunctionPool): SandboxDescription[] {
  return [...sandboxes].flatMap(({ pid, state, requestId }) => {
    if (pid === undefined || state === 'ending') return [];
    return {
      function: configuration.name,
      ...(configuration.version !== undefined && { version: configuration.version }),
      pid,
      state: state === 'answered' ? 'busy' : state,
      ...(requestId && { requestId }),
    };
  });
}
