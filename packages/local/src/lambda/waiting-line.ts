/** A number of slots, and a queue for them in order of arrival. */
export class WaitingLine {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** How many callers wait for a slot. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when a slot is taken; each `enter` needs one `leave`. */
  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((admit) => this.#waiting.push(admit));
  }

  /** Gives the slot to the caller that has waited longest. */
  leave(): void {
    const admit = this.#waiting.shift();
    if (admit) admit();
    else this.#free += 1;
  }
}
