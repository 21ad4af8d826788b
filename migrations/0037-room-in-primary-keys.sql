-- Room in the pages of two primary keys (docs/decisions/0099-what-a-job-costs-the-database.md). New keys are at the end, so a full page that has to be
-- split is half empty for good. The entries for the versions of a row that concurrent statements are still changing now fit into the page.
-- Only pages that are filled from now on have the room.
ALTER INDEX jobs_pkey SET (fillfactor = 70)
--;
ALTER INDEX job_attempts_pkey SET (fillfactor = 70)
