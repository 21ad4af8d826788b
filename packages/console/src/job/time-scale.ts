/** A period in a job's life. */
export interface Stretch {
  /** The period's start. `from` and `to` are in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

export interface TimeScale {
  /** A time's position on the axis, from 0 to 1. */
  at(time: number): number;
  /** The periods that are drawn shorter than to scale. */
  readonly shortened: readonly Stretch[];
}

/** The maximum drawn length of an idle period, as a share of the total length of all busy periods. */
const LONGEST_IDLE = 0.35;

/**
 * Maps a job's life to a time axis. Long waits are shortened, so that two seconds of work are visible next to an hour of waiting.
 *
 * @param busy the periods in which the job ran, which may overlap
 */
export function timeScale(start: number, end: number, busy: readonly Stretch[]): TimeScale {
  const pieces = piecesOf(start, Math.max(end, start + 1), busy);
  const busyTime = pieces.reduce((sum, piece) => sum + (piece.isBusy ? piece.to - piece.from : 0), 0);
  const limit = busyTime > 0 ? Math.max(busyTime * LONGEST_IDLE, 1) : Infinity;
  let place = 0;
  const placed = pieces.map((piece) => {
    const length = piece.to - piece.from;
    const drawn = piece.isBusy ? length : Math.min(length, limit);
    const result = { ...piece, place, drawn, isShortened: drawn < length };
    place += drawn;
    return result;
  });
  const total = place;
  return {
    at(time) {
      const piece = placed.findLast(({ from }) => from <= time) ?? placed[0];
      if (!piece) return 0;
      const inside = Math.min(1, Math.max(0, (time - piece.from) / (piece.to - piece.from)));
      return Math.min(1, (piece.place + inside * piece.drawn) / total);
    },
    shortened: placed.filter((piece) => piece.isShortened).map(({ from, to }) => ({ from, to })),
  };
}

interface Piece extends Stretch {
  readonly isBusy: boolean;
}

/** Cuts the time from start to end into busy and idle pieces, in order. */
function piecesOf(start: number, end: number, busy: readonly Stretch[]): Piece[] {
  const pieces: Piece[] = [];
  let at = start;
  for (const { from, to } of busy.toSorted((a, b) => a.from - b.from)) {
    const begin = Math.max(at, Math.min(from, end));
    const finish = Math.min(to, end);
    if (begin > at) pieces.push({ from: at, to: begin, isBusy: false });
    if (finish > begin) pieces.push({ from: begin, to: finish, isBusy: true });
    at = Math.max(at, finish, begin);
  }
  if (end > at) pieces.push({ from: at, to: end, isBusy: false });
  return pieces;
}
