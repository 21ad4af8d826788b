import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { contradictions, type FinalJob } from '../chaos/history/explain.ts';
import { viewOf } from '../chaos/history/recorder.ts';
import { wrongCounts } from '../chaos/journal.ts';
import type { Cloud } from '../helpers/cloud.ts';
import { invoke, sql } from '../helpers/embedded.ts';
import { deployRelease, type DeployedRelease } from './deployed-release.ts';
import { Client } from './load/client.ts';
import { Ledger, TENANT } from './load/ledger.ts';

// Clients submit, change and read jobs while deployments alternate between the last release and the current code. The last deployment has the current
// code, because only its functions start jobs that wait for a concurrency key.

const DEPLOYMENTS = ['ours', 'release', 'ours', 'release', 'ours'] as const;
const CLIENTS = 4;

/** SQL for a trigger that records the outcome each time a job ends, in the same transaction. */
const RECORD_OUTCOMES = [
  `CREATE TABLE recorded_outcomes (number bigserial, job_id uuid NOT NULL, status text NOT NULL)`,
  `CREATE FUNCTION record_outcome() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO recorded_outcomes (job_id, status) VALUES (NEW.job_id, NEW.status);
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER record_outcome AFTER UPDATE ON jobs FOR EACH ROW
   WHEN (OLD.status IS DISTINCT FROM NEW.status AND NEW.status IN ('success', 'failed', 'canceled'))
   EXECUTE FUNCTION record_outcome()`,
];

let cloud: Cloud;
let ledger: Ledger;
const clients: Client[] = [];
/** The number of responses that the clients got during each deployment. */
const responsesDuring: number[] = [];

/** A job at the end of the test. */
interface EndedJob {
  readonly job_id: string;
  readonly type: string;
  readonly status: string;
  readonly attempt: number;
  readonly end_time: string;
  readonly cancel_requested: boolean;
  /** The outcome of each attempt. */
  readonly attempts: readonly string[];
  /** The job's recorded outcomes, in order. */
  readonly outcomes: readonly string[];
}

/** The jobs at the end of the test, by id. */
let ended: ReadonlyMap<string, EndedJob>;

beforeAll(async () => {
  const deployed = await deployRelease();
  ({ cloud } = deployed);
  for (const statement of RECORD_OUTCOMES) await sql(cloud, statement);
  ledger = new Ledger(deployed.embedded.apiUrl);
  await deployUnderLoad(deployed);
  await untilAllHaveEnded();
  ended = await readJobs();
}, 300_000);

afterAll(() => cloud.end());

/** Deploys the versions one by one. Each version serves every client for at least a full round. */
async function deployUnderLoad({ embedded, assemblies }: DeployedRelease): Promise<void> {
  for (let number = 1; number <= CLIENTS; number += 1) clients.push(new Client(`client-${number}`, ledger));
  const running = clients.map((client) => client.run());
  const round = (): Promise<unknown> => Promise.all(clients.map((client) => client.nextRound()));
  await Promise.race([round(), Promise.all(running)]);
  for (const version of DEPLOYMENTS) {
    const before = ledger.responses;
    ledger.serving = 'either';
    await embedded.deploy(assemblies[version]);
    responsesDuring.push(ledger.responses - before);
    ledger.serving = version;
    await Promise.race([round(), Promise.all(running)]);
  }
  for (const client of clients) client.stop();
  await Promise.all(running);
}

/** Waits until all jobs have ended. The test invokes the sweeper, because the rule for the sweeper fires only once a minute. */
async function untilAllHaveEnded(): Promise<void> {
  while ((await openJobs()) > 0) {
    await invoke(cloud, cloud.output('SweeperFunctionName'));
    await wait(250);
  }
}

async function openJobs(): Promise<number> {
  const [[count] = []] = await sql(cloud, 'SELECT count(*) FROM jobs WHERE end_time IS NULL');
  return Number(count);
}

async function readJobs(): Promise<ReadonlyMap<string, EndedJob>> {
  const rows = await sql(
    cloud,
    `SELECT CAST(json_build_object(
       'job_id', j.job_id, 'type', j.type, 'status', j.status, 'attempt', j.attempt, 'end_time', iso_8601(j.end_time),
       'cancel_requested', j.cancel_requested_at IS NOT NULL,
       'attempts', ARRAY(SELECT outcome FROM job_attempts a WHERE a.job_id = j.job_id ORDER BY attempt),
       'outcomes', ARRAY(SELECT status FROM recorded_outcomes o WHERE o.job_id = j.job_id ORDER BY number)) AS text)
     FROM jobs j`,
  );
  const jobs = rows.map(([document = '{}']) => JSON.parse(document) as EndedJob);
  return new Map(jobs.map((job) => [job.job_id, job]));
}

describe('during five deployments that alternate between the last release and the current version,', () => {
  it('every request gets 2xx or 503 with Retry-After', () => {
    expect(ledger.findings).toEqual([]);
  });

  it('the clients are served during each deployment, and by both versions', () => {
    for (const responses of responsesDuring) expect(responses).toBeGreaterThan(CLIENTS);
    const keyed = clients.map((client) => client.keyed);
    // Only the current code supports concurrency keys.
    expect(keyed.some(({ accepted }) => accepted > 0)).toBe(true);
    expect(keyed.some(({ refused }) => refused > 0)).toBe(true);
  });

  it('every response is explained by some order of the requests', () => {
    const now = performance.now();
    const final = new Map(
      [...ended].map(([jobId, job]): [string, FinalJob] => [
        jobId,
        {
          tenant: TENANT,
          batchId: null,
          isChild: false,
          read: { kind: 'read', start: now, end: now, view: viewOf({ ...job }) },
        },
      ]),
    );
    expect(contradictions(ledger.history, final)).toEqual([]);
    expect(ledger.history.answered).toBeGreaterThan(ledger.accepted.size);
  });
});

describe('after the deployments,', () => {
  it('every accepted job has ended once, as expected, with as many attempts as expected', () => {
    const wrong = [...ledger.accepted].flatMap(([jobId, { outcomes, attempts }]) => {
      const job = ended.get(jobId);
      const isRight =
        job?.outcomes.join() === outcomes.join() &&
        job.status === outcomes.at(-1) &&
        job.attempt === attempts.length &&
        job.attempts.join() === attempts.join();
      return isRight ? [] : [{ jobId, outcomes, attempts, job }];
    });
    expect(wrong).toEqual([]);
  });

  it('every object has one job', async () => {
    const rows = await sql(cloud, 'SELECT object_id FROM jobs WHERE object_id IS NOT NULL');
    expect(rows.flat().sort()).toEqual([...ledger.jobOf.keys()].sort());
  });

  it('the database has no other job, no attempt without an end, and correct counts', async () => {
    // A submission without an object id may have created a job even though its response was a 503.
    expect(ended.size - ledger.accepted.size).toBeLessThanOrEqual(ledger.unavailable);
    expect(await sql(cloud, 'SELECT count(*) FROM job_attempts WHERE end_time IS NULL')).toEqual([['0']]);
    expect(await wrongCounts(cloud)).toEqual([]);
  });
});
