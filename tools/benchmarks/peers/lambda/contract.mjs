// What the peers' functions have in common.

/** The dedup window, in seconds. */
export const WINDOW_SECONDS = 300;

export const INSERT =
  'INSERT INTO jobs (job_id, object_id, type, payload, status, create_time) ' +
  "VALUES (:job_id, :object_id, 'sleep', :payload, 'created', now())";
