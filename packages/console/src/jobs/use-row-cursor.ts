import { useState } from 'preact/hooks';

export interface RowCursor {
  /** The index of the current row; -1 until a key is pressed. */
  readonly at: number;
  readonly next: () => void;
  readonly previous: () => void;
  readonly reset: () => void;
}

/** Keeps the keyboard cursor within a list of `count` rows. */
export function useRowCursor(count: number): RowCursor {
  const [at, setAt] = useState(-1);
  return {
    at: Math.min(at, count - 1),
    next: () => {
      setAt((current) => Math.min(current + 1, count - 1));
    },
    previous: () => {
      setAt((current) => Math.max(current - 1, 0));
    },
    reset: () => {
      setAt(-1);
    },
  };
}
