/** Tells the sweeper that there may be work, without waking the database. */
export interface Activity {
  /** Call it before a submission or a resubmission writes. It is cheap: most calls do nothing. */
  mark(): Promise<void>;
}

/** The sweeper's knowledge without a query to the database. */
export interface Marks {
  /** Whether anything may have been written since the sweeper last saw that no work remains. */
  mayHaveWork: boolean;
  /** When the oldest data that the last pruning kept had ended; null if no pruning has run. */
  oldestEnd: Date | null;
  /** When rows of the history will be old enough to be merged; null if unknown. */
  historyDueAt: Date | null;
}

/** The sweeper's view of {@link Activity}. */
export interface ActivityLog {
  look(): Promise<Marks>;
  /**
   * Records that a check at `checkedAt` found no work except jobs that are due at `dueAt` or later; null if no job is due.
   */
  settle(checkedAt: Date, dueAt: Date | null): Promise<void>;
  /** Records that everything that has ended and was not pruned ended at `oldestEnd` or later. */
  notePruned(oldestEnd: Date): Promise<void>;
  /** Records that no row of the history can be merged before `dueAt`. */
  noteRolledUp(dueAt: Date): Promise<void>;
}
