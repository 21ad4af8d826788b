import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../../helpers/cloud.ts';
import { sql } from '../../helpers/embedded.ts';
import { UNMATCHED_CHANGES, WATCH_CHANGES } from '../../helpers/watched-changes.ts';
import { wrongHistory } from '../../helpers/wrong-history.ts';

/**
 * SQL for triggers that watch every write to jobs, attempts and steps. The triggers record each change to a terminal job, an ended attempt or an
 * ended step, each job with two running attempts, and each decrease in an attempt number. The triggers in `WATCH_CHANGES` record the changes that
 * need an entry in Errand's audit log.
 */
const AUDIT = [
  `CREATE TABLE audit (job_id uuid NOT NULL, finding text NOT NULL)`,
  `CREATE FUNCTION audit_job() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF OLD.end_time IS NOT NULL
        AND (OLD.status, OLD.end_time, OLD.message, OLD.attempt, CAST(OLD.result AS text))
            IS DISTINCT FROM (NEW.status, NEW.end_time, NEW.message, NEW.attempt, CAST(NEW.result AS text)) THEN
       INSERT INTO audit VALUES (OLD.job_id, CASE NEW.status WHEN 'created' THEN 'opened again' ELSE 'terminal state changed' END);
     END IF;
     IF NEW.attempt < OLD.attempt THEN
       INSERT INTO audit VALUES (OLD.job_id, 'attempt number fell');
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION audit_attempt() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     IF (SELECT count(*) FROM job_attempts a WHERE a.job_id = NEW.job_id AND a.end_time IS NULL) > 1 THEN
       INSERT INTO audit VALUES (NEW.job_id, 'two attempts at once');
     END IF;
     IF TG_OP = 'UPDATE' AND OLD.end_time IS NOT NULL
        AND (OLD.outcome, OLD.end_time) IS DISTINCT FROM (NEW.outcome, NEW.end_time) THEN
       INSERT INTO audit VALUES (NEW.job_id, 'ended attempt written');
     END IF;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION audit_step() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO audit VALUES (OLD.job_id, 'ended step changed');
     RETURN NULL;
   END $$`,
  // A map step's results may be recorded after the step has ended.
  `CREATE TRIGGER audit_step AFTER UPDATE ON job_steps FOR EACH ROW
   WHEN (OLD.status <> 'waiting' AND (OLD.kind <> 'map' OR OLD.result IS NOT NULL)
     AND (OLD.status, OLD.end_time, OLD.message, CAST(OLD.result AS text))
       IS DISTINCT FROM (NEW.status, NEW.end_time, NEW.message, CAST(NEW.result AS text)))
   EXECUTE FUNCTION audit_step()`,
  `CREATE TRIGGER audit_job AFTER UPDATE ON jobs FOR EACH ROW EXECUTE FUNCTION audit_job()`,
  `CREATE TRIGGER audit_attempt AFTER INSERT OR UPDATE ON job_attempts FOR EACH ROW EXECUTE FUNCTION audit_attempt()`,
];

export async function installAudit(cloud: Cloud): Promise<void> {
  for (const statement of [...AUDIT, ...WATCH_CHANGES]) await sql(cloud, statement);
}

/** Returns the triggers' findings and the violations in the final rows, as `[job_id, finding]`. */
export async function findings(cloud: Cloud): Promise<string[][]> {
  const history = (await wrongHistory(cloud)).map((line) => ['history', line]);
  const rows = await sql(
    cloud,
    `SELECT CAST(job_id AS text), finding FROM audit
     UNION ALL
     SELECT CAST(job_id AS text), 'left in ' || status FROM jobs WHERE end_time IS NULL
     UNION ALL
     SELECT CAST(job_id AS text), 'attempt without an end' FROM job_attempts WHERE end_time IS NULL
     UNION ALL
     SELECT CAST(min(CAST(job_id AS text)) AS text), 'two jobs of one object' FROM jobs
     WHERE object_id IS NOT NULL AND NOT debounced GROUP BY tenant, object_id HAVING count(*) > 1
     UNION ALL
     SELECT CAST(j.job_id AS text), 'success without an attempt that succeeded' FROM jobs j
     WHERE j.status = 'success' AND NOT EXISTS (
       SELECT FROM job_attempts a WHERE a.job_id = j.job_id AND a.attempt = j.attempt AND a.outcome = 'success')
     UNION ALL
     SELECT CAST(job_id AS text), 'two attempts that succeeded' FROM job_attempts
     WHERE outcome = 'success' GROUP BY job_id HAVING count(*) > 1
     UNION ALL
     ${UNMATCHED_CHANGES}`,
  );
  return [...rows, ...history];
}

/** Waits for jobs to end. One statement polls all awaited jobs, several times a second. */
export class Ends {
  readonly #cloud: Cloud;
  /** The number of waiters per job. */
  readonly #awaited = new Map<string, number>();
  #statuses = new Map<string, string>();
  #round: Promise<void> | undefined;

  constructor(cloud: Cloud) {
    this.#cloud = cloud;
  }

  /** Waits until the job's status is one of `wanted`, by default any terminal status, and returns the status. */
  async of(jobId: string, wanted = ['success', 'failed', 'canceled'], timeoutMs = 60_000): Promise<string> {
    const giveUpAt = performance.now() + timeoutMs;
    this.#await(jobId, 1);
    try {
      for (;;) {
        this.#round ??= this.#look();
        await this.#round;
        const status = this.#statuses.get(jobId);
        if (status !== undefined && wanted.includes(status)) return status;
        if (performance.now() > giveUpAt) throw new Error(`Job ${jobId} is still ${status ?? 'missing'}.`);
      }
    } finally {
      this.#await(jobId, -1);
    }
  }

  #await(jobId: string, change: 1 | -1): void {
    const waiting = (this.#awaited.get(jobId) ?? 0) + change;
    if (waiting > 0) this.#awaited.set(jobId, waiting);
    else this.#awaited.delete(jobId);
  }

  async #look(): Promise<void> {
    await wait(100);
    const rows = await sql(
      this.#cloud,
      `SELECT CAST(job_id AS text), status FROM jobs
       WHERE job_id IN (SELECT CAST(id AS uuid) FROM json_array_elements_text(CAST(:ids AS json)) AS id)`,
      { ids: JSON.stringify([...this.#awaited.keys()]) },
    );
    this.#statuses = new Map(rows.map(([id = '', status = '']) => [id, status]));
    this.#round = undefined;
  }
}
