/**
 * SQL for triggers that check concurrency limits. The check runs just before a claim's transaction commits. Until the commit, the transaction locks
 * the concurrency keys, so no other transaction can start a job with these keys. Violations are written to `limit_faults`.
 */
export const WATCH_LIMITS = [
  'CREATE TABLE limit_faults (fault text NOT NULL)',
  `CREATE FUNCTION check_limit_of_key() RETURNS trigger LANGUAGE plpgsql AS $body$
   DECLARE
     running integer;
     most integer;
   BEGIN
     SELECT count(*) INTO running FROM jobs
     WHERE tenant = NEW.tenant AND concurrency_key = NEW.concurrency_key AND status = 'running';
     most := COALESCE(
       (SELECT max_running FROM concurrency_limits WHERE tenant = NEW.tenant AND concurrency_key = NEW.concurrency_key),
       NEW.concurrency_limit);
     IF running > most THEN
       INSERT INTO limit_faults VALUES (format('%s jobs of the key %s run, of at most %s', running, NEW.concurrency_key, most));
     END IF;
     RETURN NULL;
   END $body$`,
  `CREATE CONSTRAINT TRIGGER check_limit_of_key AFTER UPDATE ON jobs DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
   WHEN (OLD.status = 'created' AND NEW.status = 'running' AND NEW.concurrency_key IS NOT NULL)
   EXECUTE FUNCTION check_limit_of_key()`,
  'GRANT ALL ON limit_faults TO PUBLIC',
];
