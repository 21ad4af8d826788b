/** Serializes the use of debugger ports: only one process at a time can listen on a port. */
export class DebuggerPorts {
  readonly #lastTurn = new Map<number, Promise<void>>();

  /** Waits until all earlier holders have released the port. Resolves with a function that releases the port. */
  async take(port: number): Promise<() => void> {
    const before = this.#lastTurn.get(port);
    const turn: PromiseWithResolvers<void> = Promise.withResolvers();
    this.#lastTurn.set(port, turn.promise);
    await before;
    return turn.resolve;
  }
}
