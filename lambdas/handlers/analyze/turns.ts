/** Milliseconds of a turn. */
const TURN_MS = 20;

/** Starts the next turn of each computation that waits for one, first come, first served. */
const waiting: (() => void)[] = [];

export interface Turns {
  /**
   * Runs a part of the computation. It may pause after each step.
   *
   * @throws the signal's reason once the signal has fired
   */
  run(steps: Iterator<unknown>): Promise<void>;
}

/**
 * The turns of one long computation. Between them the event loop serves everything else in the process: the other jobs of the
 * batch, heartbeats, timers. Only one computation gets a turn in each pass of the event loop, so ten of them delay the others no
 * more than one does.
 */
export function createTurns(signal: AbortSignal): Turns {
  let endsAt = 0;
  return {
    async run(steps) {
      do {
        if (performance.now() >= endsAt) {
          await nextTurn();
          signal.throwIfAborted();
          endsAt = performance.now() + TURN_MS;
        }
      } while (steps.next().done !== true);
    },
  };
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (waiting.length === 1) setImmediate(giveTurn);
  });
}

function giveTurn(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(giveTurn);
}
