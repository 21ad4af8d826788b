import type { FunctionConfiguration } from './function-configuration.ts';
import { failure, type FunctionAnswer, type Invocation } from './invocation.ts';
import { Sandbox, type SandboxHost, type SandboxListener } from './sandbox.ts';
import type { WaitingLine } from './waiting-line.ts';

/**
 * The sandboxes for a function's `$LATEST`, or for one of its published versions. An admitted invocation runs in the most recently used
 * idle sandbox. If no sandbox is idle, one is started. The invocation then runs in the first sandbox that is ready.
 */
export class FunctionPool implements SandboxListener {
  #configuration: FunctionConfiguration;
  readonly #host: SandboxHost;
  /**
   * Limits the number of sandboxes that start at the same time, across all functions. Additional concurrent starts would only slow down all starts.
   */
  readonly #starts: WaitingLine;
  readonly #sandboxes = new Set<Sandbox>();
  readonly #starting = new Set<Sandbox>();
  /** Sandboxes with an earlier configuration. These sandboxes finish their current invocation, and get no further invocations. */
  readonly #retired = new Set<Sandbox>();
  /** Whether to start a sandbox before an invocation needs one. */
  #isToWarmUp = false;
  /** Idle sandboxes, most recently used last. */
  #idle: Sandbox[] = [];
  readonly #pending: Invocation[] = [];
  /** Requested sandboxes that have no process yet. */
  readonly #requested = new Set<Promise<void>>();
  #ended = false;
  #isDraining = false;

  constructor(configuration: FunctionConfiguration, host: SandboxHost, starts: WaitingLine) {
    this.#configuration = configuration;
    this.#host = host;
    this.#starts = starts;
  }

  get configuration(): FunctionConfiguration {
    return this.#configuration;
  }

  get sandboxes(): Iterable<Sandbox> {
    return this.#sandboxes;
  }

  /** Runs an invocation as soon as a sandbox is ready. The invocation always gets a response. */
  dispatch(invocation: Invocation): void {
    let sandbox = this.#idle.pop();
    // A sandbox that is being stopped stays in `#idle` until its process has exited.
    while (sandbox && sandbox.state !== 'idle') sandbox = this.#idle.pop();
    if (sandbox) {
      sandbox.run(invocation);
      return;
    }
    this.#pending.push(invocation);
    if (this.#ended) this.#refusePending();
    else this.#startWhatIsMissing();
  }

  /**
   * Runs all further invocations with the new configuration, in new sandboxes. Running invocations finish in the old sandboxes.
   * If there are any old sandboxes, a new sandbox starts immediately, so that the next invocation does not wait for a cold start. Resolves when
   * no old sandboxes are left.
   */
  async update(configuration: FunctionConfiguration): Promise<void> {
    this.#configuration = configuration;
    this.#isToWarmUp = this.#sandboxes.size > 0 || configuration.inspectPort !== undefined;
    this.#idle = [];
    for (const sandbox of this.#sandboxes) {
      this.#retired.add(sandbox);
      if (sandbox.state === 'idle' || sandbox.state === 'starting') void sandbox.kill();
    }
    const old = [...this.#retired].map(({ exited }) => exited);
    this.#startWhatIsMissing();
    await Promise.all(old);
  }

  /** Lets running invocations finish. Resolves when no sandboxes are left. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    this.#isToWarmUp = false;
    for (const sandbox of this.#sandboxes) if (sandbox.state === 'idle') void sandbox.kill();
    while (this.#sandboxes.size > 0 || this.#requested.size > 0)
      await Promise.all([...[...this.#sandboxes].map(({ exited }) => exited), ...this.#requested]);
  }

  /** Kills all sandboxes, and waits until they have exited. Running and waiting invocations get an error. */
  async end(): Promise<void> {
    this.#ended = true;
    this.#refusePending();
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.kill()));
    await Promise.all(this.#requested);
  }

  ready(sandbox: Sandbox): void {
    this.#started(sandbox);
    if (this.#retired.has(sandbox)) {
      void sandbox.kill();
      return;
    }
    this.#isToWarmUp = false;
    const invocation = this.#pending.shift();
    if (invocation) sandbox.run(invocation);
    else if (this.#isDraining) void sandbox.kill();
    else this.#idle.push(sandbox);
  }

  gone(sandbox: Sandbox, initFailure: ((requestId: string) => FunctionAnswer) | undefined): void {
    this.#started(sandbox);
    this.#sandboxes.delete(sandbox);
    this.#idle = this.#idle.filter((each) => each !== sandbox);
    const wasRetired = this.#retired.delete(sandbox);
    if (initFailure && !wasRetired) {
      this.#isToWarmUp = false;
      // If a sandbox fails to start, the oldest waiting invocation fails too. Otherwise, the pool would start sandboxes forever for a
      // function that can't start.
      const invocation = this.#pending.shift();
      if (invocation) invocation.answer(initFailure(invocation.requestId));
    } else if (this.#configuration.inspectPort !== undefined && !this.#isDraining) {
      // A debugger needs a running process to attach to.
      this.#isToWarmUp = true;
    }
    this.#startWhatIsMissing();
  }

  #started(sandbox: Sandbox): void {
    if (this.#starting.delete(sandbox)) this.#starts.leave();
  }

  #missing(): number {
    if (this.#ended) return 0;
    const current = [...this.#sandboxes].filter((sandbox) => !this.#retired.has(sandbox));
    const starting = current.filter((sandbox) => this.#starting.has(sandbox)).length;
    const returning = current.filter(({ state }) => state === 'answered').length;
    const wanted = Math.max(this.#pending.length, this.#isToWarmUp ? 1 : 0);
    const missing = wanted - this.#requested.size - starting - returning;
    if (this.#configuration.inspectPort === undefined) return missing;
    // Only one process can listen on the debugger's port.
    return Math.min(missing, 1 - this.#sandboxes.size - this.#requested.size);
  }

  /** Whether a queued request for a sandbox is still needed: other sandboxes may have become ready in the meantime. */
  #isNeeded(): boolean {
    return !this.#ended && this.#missing() >= 0;
  }

  #startWhatIsMissing(): void {
    for (let missing = this.#missing(); missing > 0; missing -= 1) {
      const request = this.#startOne().finally(() => {
        this.#requested.delete(request);
        this.#startWhatIsMissing();
      });
      this.#requested.add(request);
    }
  }

  async #startOne(): Promise<void> {
    const { inspectPort } = this.#configuration;
    if (inspectPort === undefined) return this.#startInTurn(() => undefined);
    // Waits until no process of another version of the function listens on the port.
    const leavePort = await this.#host.debuggerPorts.take(inspectPort);
    if (this.#configuration.inspectPort === inspectPort) return this.#startInTurn(leavePort);
    leavePort();
  }

  /** @param onGone called when the process could not start, or has exited */
  async #startInTurn(onGone: () => void): Promise<void> {
    await this.#starts.enter();
    if (!this.#isNeeded()) {
      this.#starts.leave();
      onGone();
      return;
    }
    try {
      const configuration = this.#configuration;
      const sandbox = await Sandbox.start(configuration, this.#host, this);
      void sandbox.exited.then(onGone);
      this.#sandboxes.add(sandbox);
      this.#starting.add(sandbox);
      if (configuration !== this.#configuration) this.#retired.add(sandbox);
      if (this.#ended || this.#retired.has(sandbox)) await sandbox.kill();
    } catch (error) {
      this.#starts.leave();
      onGone();
      const invocation = this.#pending.shift();
      invocation?.answer(failure('Runtime.ExitError', `RequestId: ${invocation.requestId} ${String(error)}`));
    }
  }

  #refusePending(): void {
    for (const { requestId, answer } of this.#pending.splice(0)) {
      answer(failure('Runtime.ExitError', `RequestId: ${requestId} Error: Lambda is shutting down`));
    }
  }
}
