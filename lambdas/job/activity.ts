/** Tells the sweeper that there may be work, without waking the database. */
export interface Activity {
  /** A submission or a resubmission is about to write. Cheap: most calls do nothing. */
  mark(): Promise<void>;
}

/** What the sweeper knows without asking the database. */
export interface Marks {
  /** Whether anything may have been written since the sweeper last saw that no work remains. */
  mayHaveWork: boolean;
  /** When the first of what the last pruning left had ended; null where none ever ran. */
  oldestEnd: Date | null;
  /** When rows of the history will be old enough to be merged; null if that was never noted. */
  historyDueAt: Date | null;
}

/** The sweeper's view of {@link Activity}. */
export interface ActivityLog {
  look(): Promise<Marks>;
  /**
   * A check that began at `checkedAt` found no work except what is due from `dueAt` on; null if nothing is due.
   */
  settle(checkedAt: Date, dueAt: Date | null): Promise<void>;
  /** Everything that has ended and was not pruned ended at `oldestEnd` or later. */
  notePruned(oldestEnd: Date): Promise<void>;
  /** No row of the history is old enough to be merged before `dueAt`. */
  noteRolledUp(dueAt: Date): Promise<void>;
}
