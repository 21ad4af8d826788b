import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { sql } from '../helpers/embedded.ts';
import { WATCH_LIMITS } from '../helpers/watched-limits.ts';

/** Jobs of one key that run at the same time, at most. */
const LIMIT = 2;

/** Keys and rate limits that the jobs share. */
const KEYS = 6;

/** How long a pause lasts, and the time until the next one, in milliseconds. */
const PAUSE_MS = 1_500;
const PAUSE_EVERY_MS = 4_000;

const PAUSED = [
  { kind: 'queue', name: 'second' },
  { kind: 'type', name: 'sleep' },
] as const;

/**
 * The database itself gives a third of the sleeping jobs a concurrency key, a fifth of them a rate limit, and all of them a priority, and it
 * checks every start against the limits.
 */
export async function limitJobs(cloud: Cloud): Promise<void> {
  const statements = [
    ...WATCH_LIMITS,
    `CREATE FUNCTION chaos_flow() RETURNS trigger LANGUAGE plpgsql AS $$
     DECLARE
       hash CONSTANT integer := abs(hashtext(CAST(NEW.job_id AS text)) % 3000);
     BEGIN
       IF NEW.type = 'sleep' THEN
         NEW.priority := hash % 10;
         IF hash % 3 = 0 THEN
           NEW.concurrency_key := 'customer-' || hash / 3 % ${KEYS};
           NEW.concurrency_limit := ${LIMIT};
         END IF;
         IF hash % 5 = 0 THEN
           NEW.rate_key := 'partner-' || hash / 5 % ${KEYS};
           NEW.rate_limit := 20;
           NEW.rate_seconds := 1;
           NEW.rate_burst := 5;
         END IF;
       END IF;
       RETURN NEW;
     END $$`,
    'CREATE TRIGGER chaos_flow BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION chaos_flow()',
  ];
  for (const statement of statements) await sql(cloud, statement);
}

/**
 * Pauses a queue or a job type again and again until the signal, and then ends every pause. Each resume dies before it wakes a job, so the
 * sweeper has to.
 */
export async function pauseAgainAndAgain(cloud: Cloud, signal: AbortSignal): Promise<void> {
  for (let nth = 0; !signal.aborted; nth += 1) {
    const { kind, name } = PAUSED[nth % PAUSED.length] ?? PAUSED[0];
    await insist(
      cloud,
      `INSERT INTO pauses (tenant, kind, name) VALUES ('default', :kind, :name) ON CONFLICT DO NOTHING`,
      {
        kind,
        name,
      },
    );
    await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    await insist(cloud, 'DELETE FROM pauses');
    await wait(PAUSE_EVERY_MS - PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Repeats an idempotent statement until it succeeds: the run pauses Aurora as well. */
async function insist(
  cloud: Cloud,
  ...statement: [text: string, parameters?: Record<string, string>]
): Promise<void> {
  const giveUpAt = performance.now() + 30_000;
  for (;;) {
    try {
      await sql(cloud, ...statement);
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await wait(100);
    }
  }
}

/** Starts of jobs beyond the limit of their key. */
export async function wrongStarts(cloud: Cloud): Promise<string[]> {
  const faults = await sql(cloud, 'SELECT fault FROM limit_faults');
  return faults.map(([fault = '']) => fault);
}
