import { useState } from 'preact/hooks';

export interface RowCursor {
  /** The index of the current row; -1 before the first key. */
  readonly at: number;
  readonly next: () => void;
  readonly previous: () => void;
  readonly reset: () => void;
}

/** The row that `j` and `k` have moved to. */
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
