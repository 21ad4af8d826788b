import { AsyncLocalStorage } from 'node:async_hooks';

/** A store call, or the end of a handler, that waits until a command executes it. */
export interface Call {
  readonly actor: Actor;
  readonly store: 'aurora' | 'dynamodb' | 'sqs' | 'lambda' | 'handler';
  /** The statement or operation, and its subject, for readers of a replay. */
  readonly label: string;
  /** Executes the call, outside of the actor and with real timers and promises. */
  readonly effect: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export type Role = 'api' | 'worker' | 'sweeper' | 'dead-letter' | 'scheduled';

/** One invocation of a Lambda function. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
  /**
   * The time at which Lambda stops the function, on the world's clock, in milliseconds. A hanging worker may still continue.
   */
  readonly endsAt: number;
  state: 'active' | 'ended' | 'dead';
  /** Called when the process dies, so that callers stop waiting for a response. */
  onDeath?: () => void;
}

interface Timer {
  readonly actor: Actor;
  readonly callback: () => void;
  /** The interval of a repeating timer, in milliseconds. */
  readonly every: number | undefined;
  at: number;
}

/** The number of `setImmediate` turns to wait. Between two calls, a job's steps take fewer turns. */
const TURNS = 8;

/** The actor whose code is running. Commands and effects run outside of any actor. */
const running = new AsyncLocalStorage<Actor>();

/**
 * The current invocations, and their timers. An actor runs until all of its branches wait for a call or a timer, and then does nothing until a
 * command resumes it. The same list of commands therefore always has the same result.
 */
export class Actors {
  readonly all: Actor[] = [];
  readonly calls: Call[] = [];
  #timers: Timer[] = [];
  #counter = 0;

  start(role: Role, endsAt: number, main: (actor: Actor) => Promise<void>): Actor {
    this.#counter += 1;
    const actor: Actor = { name: `${role}-${this.#counter}`, role, endsAt, state: 'active' };
    this.all.push(actor);
    running.run(actor, () => {
      void main(actor).finally(() => {
        if (actor.state === 'active') actor.state = 'ended';
      });
    });
    return actor;
  }

  active(role: Role): Actor[] {
    return this.all.filter((actor) => actor.role === role && actor.state === 'active');
  }

  /** Kills the process. None of its code runs after that. */
  kill(actor: Actor): void {
    actor.state = 'dead';
    this.#timers = this.#timers.filter((timer) => timer.actor !== actor);
    const left = this.calls.filter((call) => call.actor !== actor);
    this.calls.splice(0, this.calls.length, ...left);
    actor.onDeath?.();
  }

  /** Makes a call on behalf of an actor. The call waits until a command executes it. */
  ask<Answer>(actor: Actor, store: Call['store'], label: string, effect: () => unknown): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      if (actor.state === 'dead') return;
      this.calls.push({ actor, store, label, effect, resolve: resolve as Call['resolve'], reject });
    });
  }

  withdraw(call: Call): void {
    const at = this.calls.indexOf(call);
    if (at >= 0) this.calls.splice(at, 1);
  }

  /**
   * Resolves when every actor is waiting. Between two calls, an actor awaits only promises, which settle before the next immediate. A job's steps
   * also wait for a few immediates.
   */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Fires the actors' timers one at a time. Before each timer, `setNow` advances the clock. */
  async advance(from: number, ms: number, setNow: (now: number) => void): Promise<void> {
    const to = from + ms;
    for (;;) {
      const [next] = this.#timers.filter(({ at }) => at <= to).sort((one, other) => one.at - other.at);
      if (!next) break;
      setNow(Math.max(from, next.at));
      if (next.every === undefined) this.#timers.splice(this.#timers.indexOf(next), 1);
      else next.at += next.every;
      running.run(next.actor, next.callback);
      await this.settle();
    }
    setNow(to);
  }

  /**
   * Replaces the actors' timers with timers on the world's clock, until the returned function is called. Other timers,
   * such as those of the SDK and the database, are not affected.
   */
  captureTimers(now: () => number): () => void {
    const real = { setTimeout, clearTimeout, setInterval, clearInterval };
    const set =
      (original: typeof setTimeout, repeats: boolean) =>
      (callback: () => void, ms = 0): unknown => {
        const actor = running.getStore();
        if (!actor) return original(callback, ms);
        const timer: Timer = { actor, callback, at: now() + ms, every: repeats ? ms : undefined };
        if (actor.state !== 'dead') this.#timers.push(timer);
        return timer;
      };
    const clear =
      (original: typeof clearTimeout) =>
      (timer: unknown): void => {
        const at = this.#timers.indexOf(timer as Timer);
        if (at >= 0) this.#timers.splice(at, 1);
        else original(timer as NodeJS.Timeout);
      };
    Object.assign(globalThis, {
      setTimeout: set(real.setTimeout, false),
      setInterval: set(real.setInterval as typeof setTimeout, true),
      clearTimeout: clear(real.clearTimeout),
      clearInterval: clear(real.clearInterval),
    });
    return () => Object.assign(globalThis, real);
  }
}
