/** The performance of the simulated database. All figures are estimates. Replace them with your own metrics. */
export interface DatabaseModel {
  readonly minimumCapacity: number;
  readonly maximumCapacity: number;
  /**
   * CPU milliseconds on one core per statement that claims jobs or records outcomes, plus `rowMilliseconds` for each job in the batch.
   */
  readonly statementMilliseconds: number;
  readonly rowMilliseconds: number;
  /** The duration of a Data API call, excluding the database's own work. */
  readonly roundTripMilliseconds: number;
  /** How long a paused database takes to resume. */
  readonly resumeSeconds: number;
}

/**
 * CPU time of a statement on the embedded PostgreSQL, measured with `npm run bench:statements` on an idle machine (2026-11-22, Intel Xeon,
 * Node 24). Aurora needs more CPU time, because its storage is remote.
 */
export const STATEMENT = { statementMilliseconds: 0.97, rowMilliseconds: 0.05 } as const;

/** The number of cores per ACU, derived from the memory: an ACU has 2 GiB, and a db.r6g.large has 16 GiB and two cores. */
const CORES_PER_CAPACITY_UNIT = 0.25;

/** The approximate time that Aurora's capacity takes to double under load. */
const DOUBLING_SECONDS = 15;
const LEAST_CAPACITY = 0.5;

/**
 * Models Aurora as one queue that runs one statement at a time. A statement's duration is its CPU time divided by the number of cores, which
 * depends on the current capacity. Times are in seconds since the start.
 */
export class Database {
  readonly #model: DatabaseModel;
  readonly #resumedAt: number;
  readonly #perSecond: number[] = [];
  #freeAt = 0;
  #busySeconds = 0;
  #statements = 0;

  constructor(model: DatabaseModel) {
    this.#model = model;
    this.#resumedAt = model.minimumCapacity === 0 ? model.resumeSeconds : 0;
  }

  /** Simulates a statement sent at `now`, and returns the time at which its response arrives. */
  execute(now: number, jobs: number): number {
    const { statementMilliseconds, rowMilliseconds, roundTripMilliseconds } = this.#model;
    const start = Math.max(now, this.#freeAt, this.#resumedAt);
    const work = (statementMilliseconds + rowMilliseconds * jobs) / 1000;
    const duration = work / (this.#capacity(start) * CORES_PER_CAPACITY_UNIT);
    this.#freeAt = start + duration;
    this.#busySeconds += duration;
    this.#statements += 1;
    const second = Math.floor(this.#freeAt);
    this.#perSecond[second] = (this.#perSecond[second] ?? 0) + 1;
    return this.#freeAt + roundTripMilliseconds / 1000;
  }

  get statements(): number {
    return this.#statements;
  }

  /** The number of seconds that the database has spent working or resuming. */
  get busySeconds(): number {
    return this.#busySeconds + (this.#statements > 0 ? this.#resumedAt : 0);
  }

  /** The maximum number of statements that ended in one second. */
  get peakPerSecond(): number {
    return this.#perSecond.reduce((peak, count) => Math.max(peak, count), 0);
  }

  #capacity(now: number): number {
    const { minimumCapacity, maximumCapacity } = this.#model;
    const start = Math.max(minimumCapacity, LEAST_CAPACITY);
    return Math.min(maximumCapacity, start * 2 ** ((now - this.#resumedAt) / DOUBLING_SECONDS));
  }
}
