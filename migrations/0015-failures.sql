-- What is kept of an attempt that failed, besides its message: {"stack": text or null, "log": lines}. As json, not jsonb: nothing
-- searches it, and it comes back as it was written, so that its limit in bytes (lambdas/job/failure.ts) holds when it is read.
ALTER TABLE job_attempts ADD COLUMN failure json
