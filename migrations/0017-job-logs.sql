-- What the handler of an attempt has logged, in parts of up to 60 KB that fit a row of the Data API each. They are written with the
-- heartbeats and the outcome of the attempt, and go with their job.
CREATE TABLE job_log_parts (
  job_id  uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  attempt integer NOT NULL,
  -- Counts from 0 within the attempt. The first ones are deleted when enough came after them.
  part    integer NOT NULL CHECK (part >= 0),
  -- A JSON array. json, not jsonb: nothing searches it, and it comes back in the bytes that were counted.
  lines   json NOT NULL,
  PRIMARY KEY (job_id, attempt, part)
)
