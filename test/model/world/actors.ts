import { AsyncLocalStorage } from 'node:async_hooks';

/** What an actor asks of the world: a store's call, or its handler's end. It waits until a command lets it happen. */
export interface Call {
  readonly actor: Actor;
  readonly store: 'aurora' | 'dynamodb' | 'sqs' | 'lambda' | 'handler';
  /** The statement or operation, and whom it is about, for the replay's reader. */
  readonly label: string;
  /** Carries it out. Runs outside the actor: its timers and promises are the real ones. */
  readonly effect: () => unknown;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

export type Role = 'api' | 'worker' | 'sweeper' | 'dead-letter' | 'scheduled';

/** One invocation of a Lambda function. */
export interface Actor {
  readonly name: string;
  readonly role: Role;
  /** When the function is stopped, by the world's clock (ms). A worker that hangs may go on nevertheless. */
  readonly endsAt: number;
  state: 'active' | 'ended' | 'dead';
  /** Called when the process dies: whoever invoked it synchronously hears of that. */
  onDeath?: () => void;
}

interface Timer {
  readonly actor: Actor;
  readonly callback: () => void;
  /** For one that repeats, in milliseconds. */
  readonly every: number | undefined;
  at: number;
}

/** More immediates than the steps of a job await between two calls. */
const TURNS = 8;

/** The actor whose code is running. Commands and effects run in none. */
const running = new AsyncLocalStorage<Actor>();

/**
 * The invocations that are under way, and the timers of their code. An actor runs until each of its branches waits for a call or a
 * timer; it does nothing in between, so that a list of commands leads to the same end each time.
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

  /** The process is gone: nothing of it happens any more. */
  kill(actor: Actor): void {
    actor.state = 'dead';
    this.#timers = this.#timers.filter((timer) => timer.actor !== actor);
    const left = this.calls.filter((call) => call.actor !== actor);
    this.calls.splice(0, this.calls.length, ...left);
    actor.onDeath?.();
  }

  /** An actor's side of a call: waits for the command that lets it happen. */
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
   * Until every actor waits. Between two calls, an actor only awaits promises, which settle before an immediate, and the steps of a job
   * await a few immediates themselves.
   */
  async settle(): Promise<void> {
    for (let turn = 0; turn < TURNS; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Lets time pass for the actors' timers, one after the other; `setNow` moves the clock with them. */
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
   * Puts the timers that actors set under the world's clock, until the returned function is called. Everybody else's (the
   * SDK's, the database's) stay as they are.
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
