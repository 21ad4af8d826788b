import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { sandboxEnvironment, type Account, type FunctionConfiguration } from './function-configuration.ts';
import { LATEST } from './function-reference.ts';
import type { DebuggerPorts } from './debugger-ports.ts';
import { failure, MAX_RESPONSE_BYTES, type FunctionAnswer, type Invocation } from './invocation.ts';
import { readLines } from './log-lines.ts';
import { runtimeOf } from './runtimes.ts';
import { startRuntimeApi, type Delivery, type RuntimeApi, type RuntimeListener } from './runtime-api.ts';

/** How long initialization may take before it counts toward the function's timeout, in milliseconds (Lambda, "Init phase": 10 s). */
const INIT_LIMIT_MS = 10_000;

/** Settings shared by all of the embedded Lambda's sandboxes. */
export interface SandboxHost {
  readonly account: Account;
  /** A token in each sandbox's command line, which marks the process as one of this run's sandboxes. */
  readonly token: string;
  /** The folder of V8's compile cache. The cache shortens the next cold start. */
  readonly compileCacheDir: string;
  /** The folders to search for the runtime's AWS SDK. */
  readonly sdkFolders: readonly string[];
  /** Called with each new process ID, before the process can do anything. */
  readonly onStart: (pid: number) => void;
  /** How long an idle sandbox is kept, in milliseconds. */
  readonly idleTimeoutMs: number;
  readonly log: (functionName: string, line: string, logStream: string) => void;
  readonly debuggerPorts: DebuggerPorts;
}

/** Receives a sandbox's events. The sandbox's pool implements this interface. */
export interface SandboxListener {
  /** Called when the sandbox starts to wait for an invocation: after initialization, and after each invocation. */
  ready(sandbox: Sandbox): void;
  /** Called when the sandbox's process has exited. `initFailure` gives the reason if the sandbox never became ready. */
  gone(sandbox: Sandbox, initFailure: ((requestId: string) => FunctionAnswer) | undefined): void;
}

/**
 * A sandbox's state. `answered` means that the caller has its response, but the runtime has not yet requested the next invocation.
 */
export type SandboxState = 'starting' | 'idle' | 'busy' | 'answered' | 'ending';

/** An execution environment: a child process that runs one invocation at a time. */
export class Sandbox implements RuntimeListener {
  /** The session token in the sandbox's credentials. Each sandbox has its own token. */
  readonly sessionToken = `embedded-${randomUUID()}`;
  readonly #logStream: string;
  readonly #configuration: FunctionConfiguration;
  readonly #host: SandboxHost;
  readonly #listener: SandboxListener;
  #api!: RuntimeApi;
  #child!: ChildProcess;
  #exited!: Promise<void>;
  #startedAt = 0;
  /** The number of milliseconds by which initialization exceeded its limit. The first invocation's timeout is shortened by this amount. */
  #overdue = 0;
  #state: SandboxState = 'starting';
  #initialized = false;
  #invocation: Invocation | undefined;
  /** The running invocation, as sent to the runtime. */
  #delivery: Delivery | undefined;
  #lastInvocation: Invocation | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timedOut = false;
  #initFailure: Buffer | undefined;

  private constructor(configuration: FunctionConfiguration, host: SandboxHost, listener: SandboxListener) {
    this.#configuration = configuration;
    this.#logStream = newLogStream(configuration.version ?? LATEST);
    this.#host = host;
    this.#listener = listener;
  }

  /** Starts the process. The listener is called when the process is ready or has exited. */
  static async start(
    configuration: FunctionConfiguration,
    host: SandboxHost,
    listener: SandboxListener,
  ): Promise<Sandbox> {
    const sandbox = new Sandbox(configuration, host, listener);
    sandbox.#api = await startRuntimeApi(sandbox);
    sandbox.#spawn();
    return sandbox;
  }

  /** The process ID; undefined if the process could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when the process has exited. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  get state(): SandboxState {
    return this.#state;
  }

  /** The current invocation's request ID; undefined if no invocation is waiting for its response. */
  get requestId(): string | undefined {
    return this.#invocation?.requestId;
  }

  /** The current invocation's event, as JSON. */
  get event(): Buffer | undefined {
    return this.#invocation?.payload;
  }

  /** Runs an invocation. The sandbox must be idle. */
  run(invocation: Invocation): void {
    const { timeoutSeconds } = this.#configuration;
    const time = Math.max(0, timeoutSeconds * 1000 - this.#overdue);
    this.#overdue = 0;
    this.#state = 'busy';
    this.#invocation = invocation;
    invocation.onStart?.();
    this.#killIfNotReadyIn(time);
    this.#delivery = {
      requestId: invocation.requestId,
      payload: invocation.payload,
      deadline: Date.now() + time,
      functionArn: invocation.functionArn,
      traceId: traceId(),
    };
    this.#api.deliver(this.#delivery);
  }

  /** Immediately kills the process and its child processes. Resolves when they have exited. */
  kill(): Promise<void> {
    this.#state = 'ending';
    if (this.pid !== undefined) killGroup(this.pid);
    return this.#exited;
  }

  ready(): void {
    if (this.#state === 'ending' || this.#state === 'idle') return;
    if (this.#state === 'busy') {
      // A runtime that requests the next invocation before responding to the current one gets the current invocation again, as in AWS:
      // https://github.com/aws/aws-lambda-runtime-interface-emulator, internal/lambda/core/states.go (RuntimeRunningState).
      if (this.#delivery) this.#api.deliver(this.#delivery);
      return;
    }
    if (!this.#initialized) {
      this.#initialized = true;
      this.#overdue = Math.max(0, performance.now() - this.#startedAt - INIT_LIMIT_MS);
    }
    this.#state = 'idle';
    clearTimeout(this.#timer);
    if (this.#configuration.inspectPort === undefined)
      this.#timer = setTimeout(() => void this.kill(), this.#host.idleTimeoutMs);
    this.#listener.ready(this);
  }

  responded(requestId: string, payload: Buffer): boolean {
    return this.#answer(requestId, { payload });
  }

  respondedTooMuch(requestId: string): boolean {
    const message = `Response payload size exceeded maximum allowed payload size (${MAX_RESPONSE_BYTES} bytes).`;
    return this.#answer(requestId, failure('Function.ResponseSizeTooLarge', message));
  }

  failed(requestId: string, payload: Buffer): boolean {
    return this.#answer(requestId, { functionError: 'Unhandled', payload });
  }

  initFailed(payload: Buffer): boolean {
    if (this.#initialized) return false;
    this.#initFailure = payload;
    return true;
  }

  #spawn(): void {
    const { codeDir } = this.#configuration;
    const { account, onStart } = this.#host;
    const [program, ...words] = runtimeOf(this.#configuration).command(this.#configuration, this.#host);
    const child = spawn(program, words, {
      cwd: codeDir,
      env: sandboxEnvironment(
        this.#configuration,
        account,
        this.#api.address,
        this.#logStream,
        this.sessionToken,
      ),
      // Descriptor 3 is the lifeline: the sandbox exits when this process's end of the pipe closes. The operating system closes that end
      // even if this process is killed with kill -9.
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      // The sandbox runs in its own process group. Ctrl-C therefore doesn't reach it, and killing the group also kills the function's child
      // processes.
      detached: true,
    });
    this.#child = child;
    this.#startedAt = performance.now();
    if (child.pid !== undefined) onStart(child.pid);
    this.#exited = new Promise((resolve) => {
      const end = (reason: string) => {
        this.#end(reason);
        resolve();
      };
      child.once('exit', (code, signal) => {
        end(exitReason(code, signal));
      });
      child.once('error', (error) => {
        end(`Error: Runtime failed to start: ${error.message}`);
      });
    });
    for (const stream of [child.stdout, child.stderr]) {
      if (stream)
        readLines(stream, (line) => {
          this.#logLine(line);
        });
    }
    (child.stdio[3] as Readable | null)?.on('error', () => undefined);
    this.#killIfNotReadyIn(INIT_LIMIT_MS + this.#configuration.timeoutSeconds * 1000);
  }

  /**
   * Kills the process if it is not ready in time. Does nothing if the function has a debugger port, because a debugger may have paused the process.
   */
  #killIfNotReadyIn(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (this.#configuration.inspectPort !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timedOut = true;
      void this.kill();
    }, milliseconds);
  }

  #answer(requestId: string, answer: FunctionAnswer): boolean {
    const invocation = this.#invocation;
    if (invocation?.requestId !== requestId) return false;
    this.#lastInvocation = this.#invocation;
    this.#invocation = undefined;
    this.#delivery = undefined;
    if (this.#state === 'busy') this.#state = 'answered';
    invocation.answer(answer);
    return true;
  }

  #end(reason: string): void {
    clearTimeout(this.#timer);
    this.#api.end();
    const verdict = (requestId: string): FunctionAnswer => {
      if (this.#initFailure) return { functionError: 'Unhandled', payload: this.#initFailure };
      const time = this.#configuration.timeoutSeconds.toFixed(2);
      const [type, message] = this.#timedOut
        ? ['Sandbox.Timedout', `Error: Task timed out after ${time} seconds`]
        : ['Runtime.ExitError', reason];
      this.#logLine(`${new Date().toISOString()} ${requestId} ${message}`);
      return failure(type, `RequestId: ${requestId} ${message}`);
    };
    this.#state = 'ending';
    this.#listener.gone(this, this.#initialized ? undefined : verdict);
    this.#invocation?.answer(verdict(this.#invocation.requestId));
  }

  #logLine(line: string): void {
    // An invocation's last log lines may arrive after its response, because log lines come through a pipe, and responses through the Runtime API.
    (this.#invocation ?? this.#lastInvocation)?.onLogLine?.(line);
    this.#host.log(this.#configuration.name, line, this.#logStream);
  }
}

/** Kills a sandbox's process group. Does nothing if the group has already exited. */
export function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** AWS's names for the signals that kill a runtime. The names are Go's, because Lambda's code that reports the signals is written in Go. */
const SIGNALS: Partial<Record<NodeJS.Signals, string>> = {
  SIGKILL: 'killed',
  SIGTERM: 'terminated',
  SIGABRT: 'aborted',
  SIGSEGV: 'segmentation fault',
};

function exitReason(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal) return `Error: Runtime exited with error: signal: ${SIGNALS[signal] ?? signal}`;
  if (code === 0) return 'Error: Runtime exited without providing a reason';
  return `Error: Runtime exited with error: exit status ${code ?? 'unknown'}`;
}

/** https://docs.aws.amazon.com/lambda/latest/operatorguide/log-structure.html */
function newLogStream(version: string): string {
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/');
  return `${day}/[${version}]${randomBytes(16).toString('hex')}`;
}

/** Returns a new X-Ray trace header for a trace that is not sampled. */
function traceId(): string {
  const root = `1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')}`;
  return `Root=${root};Parent=${randomBytes(8).toString('hex')};Sampled=0`;
}
