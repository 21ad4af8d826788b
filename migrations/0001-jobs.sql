-- The jobs, and the attempts at them. Statements are separated by a line "--;": the Data API takes one at a time.

-- A moment as the API shows it: ISO 8601 in UTC, to the millisecond.
CREATE FUNCTION iso_8601(moment timestamptz) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
--;
CREATE TABLE jobs (
  job_id              uuid PRIMARY KEY,
  tenant              text NOT NULL,
  -- The submission that wrote the row. Differs from job_id where one submission finished the work of another.
  submission_id       uuid NOT NULL,
  object_id           text,
  type                text NOT NULL,
  -- json and not jsonb: what was sent comes back as it was. jsonb writes 1e300 out with its 301 digits.
  payload             json NOT NULL,
  -- What a reader needs to know before it reads: the Data API answers 64 KB a row at the most.
  payload_bytes       integer NOT NULL GENERATED ALWAYS AS (octet_length(payload::text)) STORED,
  status              text NOT NULL DEFAULT 'created'
                      CHECK (status IN ('created', 'running', 'success', 'failed', 'canceled')),
  -- The attempt that runs or ran last: the fencing token of every write by a worker.
  attempt             integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  max_attempts        integer NOT NULL CHECK (max_attempts >= 1),
  timeout_seconds     integer NOT NULL CHECK (timeout_seconds >= 1),
  create_time         timestamptz NOT NULL DEFAULT now(),
  run_at              timestamptz NOT NULL,
  start_time          timestamptz,
  end_time            timestamptz,
  message             text,
  result              json,
  result_bytes        integer GENERATED ALWAYS AS (octet_length(result::text)) STORED,
  cancel_requested_at timestamptz,
  -- The invocation that holds the lease, and until when.
  worker              text,
  lease_expires_at    timestamptz,
  -- When somebody should look after the job: due, or its lease ended. Null once it is terminal.
  wake_at             timestamptz,
  CHECK ((status IN ('created', 'running')) = (wake_at IS NOT NULL)),
  CHECK ((status = 'running') = (lease_expires_at IS NOT NULL)),
  CHECK ((status IN ('success', 'failed', 'canceled')) = (end_time IS NOT NULL))
)
--;
-- The sweeper's: only jobs that are not terminal are in it, so it stays small however many jobs there have been.
CREATE INDEX jobs_wake_at ON jobs (wake_at) WHERE wake_at IS NOT NULL
--;
-- The lists: newest first, for job_id is a UUIDv7, alone or with one filter.
CREATE INDEX jobs_tenant ON jobs (tenant, job_id)
--;
CREATE INDEX jobs_status ON jobs (tenant, status, job_id)
--;
CREATE INDEX jobs_type ON jobs (tenant, type, job_id)
--;
CREATE INDEX jobs_object_id ON jobs (tenant, object_id, job_id) WHERE object_id IS NOT NULL
--;
CREATE TABLE job_attempts (
  job_id     uuid NOT NULL REFERENCES jobs ON DELETE CASCADE,
  attempt    integer NOT NULL,
  worker     text NOT NULL,
  start_time timestamptz NOT NULL,
  end_time   timestamptz,
  outcome    text CHECK (outcome IN ('success', 'failed', 'canceled', 'timeout', 'lost')),
  message    text,
  PRIMARY KEY (job_id, attempt),
  CHECK ((end_time IS NULL) = (outcome IS NULL))
)
