import { afterAll, beforeAll } from '@jest/globals';
import { startJobDatabase, type JobDatabase } from './aurora.ts';

/**
 * Starts a database before a test file's first test, and ends it after the last test.
 *
 * @example const db = useJobDatabase();
 */
export function useJobDatabase(): JobDatabase {
  let started: JobDatabase | undefined;
  const running = (): JobDatabase => {
    if (started) return started;
    throw new Error('The database starts in beforeAll: use it in a test or a later hook.');
  };

  beforeAll(async () => {
    started = await startJobDatabase();
  });
  afterAll(async () => {
    await started?.end();
  });

  return {
    get jobs() {
      return running().jobs;
    },
    get attempts() {
      return running().attempts;
    },
    get steps() {
      return running().steps;
    },
    get batches() {
      return running().batches;
    },
    get mending() {
      return running().mending;
    },
    get history() {
      return running().history;
    },
    get messages() {
      return running().messages;
    },
    get webhookKeys() {
      return running().webhookKeys;
    },
    get signals() {
      return running().signals;
    },
    get dataApi() {
      return running().dataApi;
    },
    get database() {
      return running().database;
    },
    sql: (text, values, name) => running().sql(text, values, name),
    connect: () => running().connect(),
    end: () => running().end(),
  };
}
