/** A number of places, and a line in front of them that is served in order of arrival. */
export class WaitingLine {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#free = places;
  }

  /** How many wait for a place. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Resolves when a place is taken; each `enter` is followed by one `leave`. */
  async enter(): Promise<void> {
    if (this.#free > 0) {
      this.#free -= 1;
      return;
    }
    await new Promise<void>((admit) => this.#waiting.push(admit));
  }

  /** Gives the place to whoever has waited longest. */
  leave(): void {
    const admit = this.#waiting.shift();
    if (admit) admit();
    else this.#free += 1;
  }
}
