/** Debugger ports. Only one process can listen on each port. */
export class DebuggerPorts {
  readonly #lastTurn = new Map<number, Promise<void>>();

  /** Waits until all earlier holders have released the port. Resolves with a function that releases it. */
  async take(port: number): Promise<() => void> {
    const before = this.#lastTurn.get(port);
    const turn: PromiseWithResolvers<void> = Promise.withResolvers();
    this.#lastTurn.set(port, turn.promise);
    await before;
    return turn.resolve;
  }
}
