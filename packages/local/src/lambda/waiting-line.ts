/** A fixed number of slots, with a first-come, first-served queue. */
export class WaitingLine {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** The number of callers waiting for a slot. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when the caller has a slot. Each `enter` needs one `leave`. */
  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((admit) => this.#waiting.push(admit));
  }

  /** Passes the slot to the caller that has waited longest. */
  leave(): void {
    const admit = this.#waiting.shift();
    if (admit) admit();
    else this.#free += 1;
  }
}
