import { WaitingLine } from './waiting-line.ts';

/** A line in front of places that nobody keeps for longer than a moment: whoever needs more time goes on without one. */
export class BriefLine {
  readonly #places: WaitingLine;
  readonly #longestMs: number;

  /** @param longestMs how long a place is kept at most, in milliseconds */
  constructor(places: number, longestMs: number) {
    this.#places = new WaitingLine(places);
    this.#longestMs = longestMs;
  }

  /** Resolves when a place is taken, with the way to give it back earlier than it goes by itself. */
  async enter(): Promise<() => void> {
    await this.#places.enter();
    let isKept = true;
    const leave = (): void => {
      clearTimeout(timer);
      if (isKept) this.#places.leave();
      isKept = false;
    };
    const timer = setTimeout(leave, this.#longestMs);
    return leave;
  }
}
