import { WaitingLine } from './waiting-line.ts';

/**
 * A queue for a limited number of slots. Each slot is held only briefly: a holder that takes too long loses its slot, and continues without a slot.
 */
export class BriefLine {
  readonly #places: WaitingLine;
  readonly #longestMs: number;

  /** @param longestMs the maximum time that a slot is held, in milliseconds */
  constructor(places: number, longestMs: number) {
    this.#places = new WaitingLine(places);
    this.#longestMs = longestMs;
  }

  /** Waits for a free slot. Resolves with a function that releases the slot early. */
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
