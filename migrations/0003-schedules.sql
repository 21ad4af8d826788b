-- Schedules: the truth about what is submitted when. Each that is started also stands in EventBridge Scheduler.

CREATE SEQUENCE schedule_revisions
--;
CREATE TABLE schedules (
  tenant            text NOT NULL,
  name              text NOT NULL,
  -- When: a rate such as "2 minutes", or the six fields of a cron expression, read in the time zone.
  rate              text,
  cron              text,
  timezone          text NOT NULL DEFAULT 'UTC',
  start_at          timestamptz,
  end_at            timestamptz,
  -- From when on a rate is counted: its first time.
  anchor_at         timestamptz NOT NULL DEFAULT now(),
  overlap           text NOT NULL DEFAULT 'skip' CHECK (overlap IN ('skip', 'allow')),
  state             text NOT NULL DEFAULT 'started' CHECK (state IN ('started', 'stopped')),
  -- What: a job, with nothing left open. The callback has no job_id; every job gets its own.
  type              text NOT NULL,
  payload           json NOT NULL DEFAULT '{}',
  max_attempts      integer NOT NULL CHECK (max_attempts >= 1),
  timeout_seconds   integer NOT NULL CHECK (timeout_seconds >= 1),
  callback          jsonb,
  create_time       timestamptz NOT NULL DEFAULT now(),
  update_time       timestamptz NOT NULL DEFAULT now(),
  -- The request that created the row: tells its own repetition from another request.
  created_by        uuid,
  -- Changes with every change of the above, and never comes twice, even after a deletion.
  revision          bigint NOT NULL DEFAULT nextval('schedule_revisions'),
  -- The revision that EventBridge Scheduler was last known to have.
  placed_revision   bigint,
  -- The firing that was decided last, when it was decided, and the job of the last one that gave a job.
  last_time         timestamptz,
  last_decided_at   timestamptz,
  last_job_id       uuid,
  last_skipped_time timestamptz,
  PRIMARY KEY (tenant, name),
  CHECK ((rate IS NULL) <> (cron IS NULL))
)
--;
-- Those that EventBridge Scheduler may not have as they are.
CREATE INDEX schedules_unplaced ON schedules (tenant, name) WHERE placed_revision IS DISTINCT FROM revision
--;
-- Every firing that was decided lately: one that is delivered again is known by its time. job_id is null for one skipped.
CREATE TABLE schedule_firings (
  tenant     text NOT NULL,
  name       text NOT NULL,
  fire_time  timestamptz NOT NULL,
  job_id     uuid,
  decided_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant, name, fire_time)
)
