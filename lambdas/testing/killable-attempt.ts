/** When a call kills the handler: before the effect, or after the effect but before the handler gets the response. */
export type Moment = 'before' | 'after';

/** The call at which a handler is killed. */
export interface KillPoint {
  readonly attempt: number;
  readonly effect: string;
  /** The call's number among the attempt's calls of this effect, counted from 1. */
  readonly call: number;
  readonly moment: Moment;
}

/** A handler's call that causes an effect. */
export interface EffectCall {
  readonly effect: string;
  readonly attempt: number;
  /** The call's number among the attempt's calls of this effect, counted from 1. */
  readonly call: number;
  /** The location of the call, such as `jobs/pay.ts:12:20`. */
  readonly source: string;
  /** The call's key or arguments. */
  readonly identity: string;
  /** Whether the identity is a key. A second call with the same key changes nothing. */
  readonly isKeyed: boolean;
  /** Whether the effect took place: the call's promise was fulfilled, and `wasMade` returned true. */
  isMade: boolean;
}

/**
 * An effect that a handler is about to cause. `perform` causes the effect. `wasMade` checks the outcome to find out whether
 * the effect changed anything.
 */
export interface EffectToMake extends Pick<EffectCall, 'effect' | 'source' | 'identity' | 'isKeyed'> {
  readonly perform: () => unknown;
  readonly wasMade?: (outcome: unknown) => boolean;
}

const KILLED = new Error('The handler was killed.');

/** Returns a promise that never settles, so that a killed handler never continues. */
async function silence(): Promise<never> {
  return new Promise(() => undefined);
}

/** An attempt that can be killed when it calls an effect. A killed handler can't cause any more effects. */
export class KillableAttempt {
  readonly attempt: number;
  readonly calls: EffectCall[] = [];
  /** Rejects when the handler is killed. */
  readonly killed: Promise<never>;
  /** The call at which the handler was killed. */
  killedAt: EffectCall | undefined;
  /** The effects whose methods did not return a promise. */
  readonly synchronous = new Set<string>();
  readonly #killPoint: KillPoint | undefined;
  readonly #rejectKilled: (error: Error) => void;
  readonly #inFlight = new Set<Promise<unknown>>();

  constructor(attempt: number, killPoint?: KillPoint) {
    this.attempt = attempt;
    this.#killPoint = killPoint;
    const { promise, reject } = Promise.withResolvers<never>();
    this.killed = promise;
    this.#rejectKilled = reject;
    promise.catch(() => undefined);
  }

  /**
   * Whether the handler was killed. `hasDied` is a method because TypeScript assumes that a property doesn't change across an
   * `await`.
   */
  hasDied(): boolean {
    return this.killedAt !== undefined;
  }

  /**
   * Performs an effect, unless the handler has been killed. If this call is the kill point, kills the handler before or after
   * the effect.
   */
  make({ perform, wasMade = () => true, ...made }: EffectToMake): unknown {
    if (this.hasDied()) return silence();
    const call = this.#note(made);
    const moment = this.#momentOf(call);
    if (moment === 'before') {
      this.#die(call);
      return silence();
    }
    let outcome: unknown;
    try {
      outcome = perform();
    } catch (error) {
      if (moment !== 'after') throw error;
      this.#die(call);
      return silence();
    }
    if (!isThenable(outcome)) {
      call.isMade = true;
      this.synchronous.add(call.effect);
      return outcome;
    }
    // Convert the outcome to a promise only once: a query builder would run its query on every `then`.
    const promise = Promise.resolve(outcome);
    const settled = promise
      .then((value: unknown) => {
        call.isMade = wasMade(value);
      })
      .catch(() => undefined)
      .then(() => {
        if (moment === 'after') this.#die(call);
      });
    this.#inFlight.add(settled);
    void settled.then(() => this.#inFlight.delete(settled));
    return settled.then(() => (this.hasDied() ? silence() : promise));
  }

  /**
   * Runs an action that is not an effect, such as reading a file. The returned promise stays pending if the handler was
   * killed.
   */
  async unlessDead<Value>(action: () => Value | Promise<Value>): Promise<Value> {
    if (this.hasDied()) return silence();
    const value = await action();
    return this.hasDied() ? silence() : value;
  }

  /** Resolves when all calls that are still in progress have settled. */
  async landed(): Promise<void> {
    await Promise.all(this.#inFlight);
  }

  /** Returns whether this call must kill the handler before or after the effect; undefined if the call must not kill it. */
  #momentOf({ effect, call }: EffectCall): Moment | undefined {
    const point = this.#killPoint;
    return point?.effect === effect && point.call === call ? point.moment : undefined;
  }

  #note(made: Pick<EffectCall, 'effect' | 'source' | 'identity' | 'isKeyed'>): EffectCall {
    const earlier = this.calls.filter(({ effect }) => effect === made.effect).length;
    const call = { ...made, attempt: this.attempt, call: earlier + 1, isMade: false };
    this.calls.push(call);
    return call;
  }

  #die(call: EffectCall): void {
    if (this.hasDied()) return;
    this.killedAt = call;
    this.#rejectKilled(KILLED);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as PromiseLike<unknown>).then === 'function'
  );
}
