/** Tells the sweeper that there may be work, without a query that would wake the database. */
export interface Activity {
  /**
   * Marks activity. Call this method before writing a submission or a resubmission. The method is cheap, because most
   * calls do nothing.
   */
  mark(): Promise<void>;
}

/**
 * The sweeper's notes about the database, stored elsewhere so that reading them doesn't wake the database.
 */
export interface Marks {
  /** Whether anything may have been written since the sweeper last found no work left. */
  mayHaveWork: boolean;
  /** The earliest end time among the rows that the last pruning kept; null if no pruning has run. */
  oldestEnd: Date | null;
  /** When the next history rows will be old enough to merge; null if unknown. */
  historyDueAt: Date | null;
}

/** The sweeper's view of {@link Activity}. */
export interface ActivityLog {
  look(): Promise<Marks>;
  /**
   * Records that a check at `checkedAt` found no work, apart from jobs that are due at `dueAt` or later. `dueAt` is null if
   * no jobs are due.
   */
  settle(checkedAt: Date, dueAt: Date | null): Promise<void>;
  /** Records that all remaining ended jobs ended at `oldestEnd` or later. */
  notePruned(oldestEnd: Date): Promise<void>;
  /** Records that no history rows can be merged before `dueAt`. */
  noteRolledUp(dueAt: Date): Promise<void>;
}
