/**
 * The files of test/integration/ that need HTTP alone, and end what they begin. The others look into the stores, take settings of
 * their own, have a receiver on this machine, or leave schedules, files and jobs of other processes behind.
 */
export const SUITE = ['jobs', 'batches'].map((name) => `/test/integration/${name}\\.test\\.ts$`);
