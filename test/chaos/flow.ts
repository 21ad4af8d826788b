import { setTimeout as wait } from 'node:timers/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { sql } from '../helpers/embedded.ts';
import { armFaults } from '../helpers/faults.ts';
import { WATCH_LIMITS } from '../helpers/watched-limits.ts';
import type { Ledger } from './ledger.ts';
import type { Keys } from './requests.ts';
import type { Tenant } from './schedule.ts';

/** The concurrency limit of each key. */
const LIMIT = 2;

/** The number of concurrency keys, and also the number of rate limits, that the jobs share. */
const KEYS = 6;

/** The duration of each pause, and the interval at which pauses start, in milliseconds. */
const PAUSE_MS = 1_500;
const PAUSE_EVERY_MS = 4_000;

/** How long a pause or resume request is retried, in milliseconds. The limit is high, because the run also pauses Aurora. */
const GIVE_UP_MS = 60_000;

const PAUSED = [
  { path: '/v1/queues/second', tenant: 'north' },
  { path: '/v1/job-types/sleep', tenant: 'south' },
  { path: '/v1/job-types/sleep', tenant: 'north' },
  { path: '/v1/queues/second', tenant: 'south' },
] as const;

/**
 * Creates triggers that give a third of the sleeping jobs a concurrency key, a fifth of them a rate limit, and all of them a priority. Also creates
 * triggers that check every job start against the limits.
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
 * Repeatedly pauses and resumes a tenant's queue or job type until the signal is aborted, and then ends every pause. During every second resume, the
 * function dies after ending the pause but before waking a job. The request is not retried, so the sweeper must wake the jobs.
 */
export async function pauseAgainAndAgain(
  cloud: Cloud,
  keys: Keys,
  ledger: Ledger,
  signal: AbortSignal,
): Promise<void> {
  for (let nth = 0; !signal.aborted; nth += 1) {
    const { path, tenant } = PAUSED[nth % PAUSED.length] ?? PAUSED[0];
    await insist(cloud, keys[tenant], ledger, `${path}/pause`);
    await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined);
    if (Math.floor(nth / PAUSED.length) % 2 === 0)
      await insist(cloud, keys[tenant], ledger, `${path}/resume`);
    else await resumeAndDie(cloud, keys[tenant], `${path}/resume?nth=${nth}`);
    await wait(PAUSE_EVERY_MS - PAUSE_MS, undefined, { signal }).catch(() => undefined);
  }
  for (const { path, tenant } of PAUSED) await insist(cloud, keys[tenant], ledger, `${path}/resume`);
}

/** Sends a resume request, and kills the function after the first statement, which ends the pause. Does nothing while the cloud is down. */
async function resumeAndDie(cloud: Cloud, key: Keys[Tenant], path: string): Promise<void> {
  await armFaults(cloud, {
    effect: 'kill-after',
    caller: cloud.output('ApiFunctionName'),
    service: 'rds-data',
    action: 'ExecuteStatement',
    at: { nth: 1 },
    event_contains: path.slice(path.indexOf('?') + 1),
  }).catch(() => undefined);
  await cloud.api.call('PUT', path, undefined, key).catch(() => undefined);
}

/** Retries an idempotent request until it succeeds, is refused, or reaches the time limit. */
async function insist(cloud: Cloud, key: Keys[Tenant], { strange }: Ledger, path: string): Promise<void> {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  while (performance.now() < giveUpAt) {
    const answer = await cloud.api.call('PUT', path, undefined, key).catch(() => undefined);
    if (answer?.status === 200) return;
    if (answer && answer.status < 500 && answer.status !== 429) {
      strange.push(`PUT ${path} got ${answer.status}.`);
      return;
    }
    await wait(100);
  }
  strange.push(`PUT ${path} got no response in time.`);
}

/** Reads the concurrency-limit violations that the triggers recorded. */
export async function wrongStarts(cloud: Cloud): Promise<string[]> {
  const faults = await sql(cloud, 'SELECT fault FROM limit_faults');
  return faults.map(([fault = '']) => fault);
}
