-- Jobs of several steps: their recorded steps, signals and children.

-- A suspended job is `created` and `continues`: its next claim continues the same attempt. Its run_at is the latest time to go on.
ALTER TABLE jobs
  ADD COLUMN continues boolean NOT NULL DEFAULT false,
  -- Why a suspended job still waits. Null if it continues at once.
  ADD COLUMN waits_for text,
  -- Null: a day.
  ADD COLUMN max_duration_seconds integer,
  -- When the job's maximum duration ends. Set by the first suspension.
  ADD COLUMN expires_at timestamptz,
  -- Not a foreign key: the end of a child must never wait for the parent's row, and a parent can be deleted before its children.
  ADD COLUMN parent_job_id uuid,
  ADD COLUMN parent_step text,
  -- The index of the item that the parent's `map` submitted this job for.
  ADD COLUMN child_place integer,
  -- Whether the cancellation of the parent cancels this job.
  ADD COLUMN ends_with_parent boolean NOT NULL DEFAULT false
--;
-- Existing rows satisfy all of these constraints. NOT VALID skips the check, which would lock the table while it reads all rows.
ALTER TABLE jobs
  ADD CONSTRAINT jobs_waits_for_check CHECK (waits_for IN ('time', 'signal', 'children')) NOT VALID,
  ADD CONSTRAINT jobs_max_duration_check CHECK (max_duration_seconds >= 1) NOT VALID,
  ADD CONSTRAINT jobs_parent_check CHECK ((parent_job_id IS NULL) = (parent_step IS NULL)) NOT VALID
--;
CREATE TABLE job_steps (
  job_id       uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  step         text NOT NULL,
  -- The order in which steps were first recorded.
  place        bigint GENERATED ALWAYS AS IDENTITY,
  kind         text NOT NULL CHECK (kind IN ('run', 'sleep', 'signal', 'approval', 'submit', 'result', 'map', 'checkpoint')),
  status       text NOT NULL CHECK (status IN ('waiting', 'success', 'failed')),
  -- How many calls of the step's function have failed.
  failures     integer NOT NULL DEFAULT 0,
  start_time   timestamptz NOT NULL DEFAULT clock_timestamp(),
  end_time     timestamptz,
  -- When the wait, or the back-off of a failed call, is over.
  due_at       timestamptz,
  timed_out    boolean NOT NULL DEFAULT false,
  -- Whether the job is, or was last, suspended until this step is over.
  awaited      boolean NOT NULL DEFAULT false,
  detail       json NOT NULL DEFAULT '{}',
  result       json,
  result_bytes integer GENERATED ALWAYS AS (octet_length(result::text)) STORED,
  message      text,
  PRIMARY KEY (job_id, step)
)
--;
-- The signals that were sent to a job. A step takes the oldest of its name.
CREATE TABLE job_signals (
  job_id      uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  name        text NOT NULL,
  key         text NOT NULL,
  place       bigint GENERATED ALWAYS AS IDENTITY,
  payload     json NOT NULL,
  create_time timestamptz NOT NULL DEFAULT clock_timestamp(),
  sent_by     text,
  -- The step that received the signal.
  taken_by    text,
  PRIMARY KEY (job_id, name, key)
)
--;
-- The key of the HMAC of approval links. gen_random_uuid() has 122 random bits.
CREATE TABLE approval_key (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  secret  bytea NOT NULL CHECK (octet_length(secret) = 32)
)
--;
INSERT INTO approval_key (secret) SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
