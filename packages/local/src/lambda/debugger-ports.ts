/** The ports of debuggers, each of which one process can listen on. */
export class DebuggerPorts {
  readonly #lastTurn = new Map<number, Promise<void>>();

  /** Resolves with the way to give the port back, when all who asked for it before have done so. */
  async take(port: number): Promise<() => void> {
    const before = this.#lastTurn.get(port);
    const turn: PromiseWithResolvers<void> = Promise.withResolvers();
    this.#lastTurn.set(port, turn.promise);
    await before;
    return turn.resolve;
  }
}
