-- The messages that the job type send_messages sends.

CREATE TABLE messages (
  message_id          uuid PRIMARY KEY,
  tenant              text NOT NULL,
  -- "to" is a word of SQL's own.
  recipient           text NOT NULL,
  content             text NOT NULL CHECK (char_length(content) BETWEEN 1 AND 1000),
  status              text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sending', 'sent', 'failed')),
  -- How often it was taken to be sent.
  attempt             integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
  -- Who took it last: each take has an id of its own, which is the fencing token of every write that follows.
  taken_by            uuid,
  -- When it may be taken: the next attempt of a pending one, the end of the lease of one that is being sent.
  due_at              timestamptz DEFAULT now(),
  create_time         timestamptz NOT NULL DEFAULT now(),
  end_time            timestamptz,
  receiver_message_id text,
  error               text,
  CHECK ((status IN ('pending', 'sending')) = (due_at IS NOT NULL)),
  CHECK ((status IN ('sent', 'failed')) = (end_time IS NOT NULL)),
  CHECK (status <> 'sending' OR taken_by IS NOT NULL)
)
--;
-- The take's: the oldest first, for message_id is a UUIDv7. Only messages that have not ended are in it.
CREATE INDEX messages_due ON messages (message_id) INCLUDE (due_at) WHERE due_at IS NOT NULL
--;
-- What one take holds: asked for when its answer was lost.
CREATE INDEX messages_taken_by ON messages (taken_by) WHERE status = 'sending'
--;
-- The lists: newest first, alone or by status.
CREATE INDEX messages_tenant ON messages (tenant, message_id)
--;
CREATE INDEX messages_status ON messages (tenant, status, message_id)
