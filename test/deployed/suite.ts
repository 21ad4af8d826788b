/**
 * The test files in test/integration/ that need only HTTP and clean up after themselves. The other files access the stores, need their own settings
 * or a receiver on this machine, or leave schedules, files and jobs behind.
 */
export const SUITE = ['jobs', 'batches'].map((name) => `/test/integration/${name}\\.test\\.ts$`);
