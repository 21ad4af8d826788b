import { rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { randomNumbers } from '../../tools/simulation/random.ts';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { invoke, messagesIn, sql } from '../helpers/embedded.ts';
import { armFaults } from '../helpers/faults.ts';
import { opened, startReceiver } from '../helpers/webhook-receiver.ts';
import { ChaosClient } from './client.ts';
import { deployAgainAndAgain } from './deployments.ts';
import { faultRules, incidents, type Incident, type Targets } from './fault-schedule.ts';
import { prepareFirings, shortenVisibility } from './firings.ts';
import { limitJobs, pauseAgainAndAgain, wrongStarts } from './flow.ts';
import { wrongHistory } from '../helpers/wrong-history.ts';
import { keepJournal, readJobs, wrongAudit, wrongBatches, wrongCounts, type JobRow } from './journal.ts';
import { Ledger } from './ledger.ts';
import { judgeOrders, newJournal, openOrders, readJournal, readOrders } from './orders.ts';
import { JOB_TIMEOUT, scheduleOf, type Unit } from './schedule.ts';
import { judge, type Finding } from './verdict.ts';

export interface ChaosOptions {
  readonly jobs: number;
  readonly seed: number;
  /** The number of concurrent clients. */
  readonly concurrency: number;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

/** The progress of a run. */
export interface Progress {
  readonly phase: 'starting' | 'chaos' | 'draining' | 'checking';
  /** Jobs whose clients have finished; while draining, jobs that have ended. */
  readonly done: number;
  readonly of: number;
  readonly note: string;
}

/** The result of a run. */
export interface Outcome {
  readonly settings: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  /** The rows of the jobs in findings. */
  readonly evidence: readonly JobRow[];
  readonly jobsByStatus: Readonly<Record<string, number>>;
  /** How often the stack was deployed during the run. */
  readonly deployments: number;
  /** How often a worker handed jobs over to an earlier version. */
  readonly handOvers: number;
  readonly attempts: number;
  /** How often each effect has struck. */
  readonly faults: Readonly<Record<string, number>>;
  readonly matchedCalls: number;
  readonly client: Ledger['counts'];
  readonly seconds: { readonly chaos: number; readonly draining: number };
}

/** In seconds. Short, so that lost messages are found soon, but longer than the function's timeout, as required. */
const VISIBILITY_TIMEOUT = JOB_TIMEOUT + 1;
const SWEEP_AFTER = 2;

/** Half of the jobs that sleep are in this queue. */
const SECOND_QUEUE = 'second';

/** EventBridge runs the sweeper once a minute; in a run, such a minute takes this many milliseconds. */
const SWEEP_EVERY_MS = 1_000;

/** The run ends if no job has ended for this long, which is several times any lease, back-off or delay. */
const PATIENCE_MS = 60_000;

/** Runs the schedule of a seed in a separate cloud, and checks the result. */
export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const { jobs, seed, signal, onProgress } = options;
  await using running = new AsyncDisposableStack();
  onProgress({ phase: 'starting', done: 0, of: jobs, note: '' });
  const ledger = new Ledger();
  let key = '';
  const receiver = await startReceiver((request, response, earlier) => {
    const { path } = request;
    // After a rotation during the run, the old key still signs next to the new one, so the receiver's old key verifies every
    // request.
    if (opened(request, key)?.kind !== 'webhook')
      ledger.strange.push(`${path} got a request that does not verify.`);
    if (path.startsWith('/flaky/') && earlier > 0) response.end('done');
    else response.writeHead(503, { 'retry-after': '1' }).end();
  });
  running.defer(() => receiver.end());
  const settings = settingsOf(seed, receiver.origin);
  const cloud = await startCloud(settings, { faults: true, edit: shortenVisibility });
  running.defer(() => cloud.end());
  signal.throwIfAborted();
  await keepJournal(cloud);
  await spreadOverQueues(cloud);
  await limitJobs(cloud);
  key = (await cloud.api.call<WebhookKey>('GET', '/v1/webhook-key')).body.key;

  const firings = await prepareFirings(cloud);
  const journal = newJournal(seed);
  running.defer(() => rm(journal, { force: true }));
  const schedule = scheduleOf(seed, jobs, { receiver: receiver.origin, journal });
  const targets = targetsOf(cloud);
  await armFaults(cloud, ...faultRules(seed, targets));
  const startedAt = performance.now();
  const drained = new AbortController();
  const sweeps = sweepAgainAndAgain(cloud, AbortSignal.any([signal, drained.signal]));
  try {
    const played = new AbortController();
    const untilPlayed = AbortSignal.any([signal, played.signal]);
    const sending = firings.send(untilPlayed);
    const pausing = pauseAgainAndAgain(cloud, ledger, untilPlayed);
    const [deployments] = await Promise.all([
      deployAgainAndAgain(cloud, settings, untilPlayed),
      letLoose(cloud, schedule, incidents(seed, targets), ledger, options).finally(() => {
        played.abort();
      }),
      rotateKey(cloud, ledger, signal),
      sending,
      pausing,
    ]);
    const struck = await struckFaults(cloud);
    await fetch(`${cloud.awsEndpointUrl}/_errand/faults`, { method: 'DELETE' });
    const drainsAt = performance.now();
    const client = new ChaosClient(cloud.api.url, ledger, signal);
    for (const planned of ledger.unanswered) await client.submit(planned);
    for (const batchId of ledger.unclosed) await client.closeBatch(batchId);
    for (const jobId of await openOrders(cloud)) await client.signal(jobId, 'last');
    await drain(cloud, signal, onProgress);
    const endedAt = performance.now();

    onProgress({ phase: 'checking', done: 0, of: 1, note: '' });
    const rows = await readJobs(cloud);
    const findings = [
      ...judge(ledger, rows),
      ...(await firings.judge()),
      ...judgeOrders(await readOrders(cloud), ledger, readJournal(journal)),
    ];
    const wrong = await Promise.all([
      wrongCounts(cloud),
      wrongHistory(cloud),
      wrongAudit(cloud),
      wrongStarts(cloud),
      wrongBatches(cloud, ledger.batches),
    ]);
    for (const what of wrong.flat()) findings.push({ failing: 'wrong', jobId: null, what });
    const named = new Set(findings.map(({ jobId }) => jobId));
    return {
      settings,
      findings,
      evidence: rows.filter(({ job_id: jobId }) => named.has(jobId)),
      jobsByStatus: countBy(rows, ({ status }) => status),
      deployments,
      handOvers: cloud.logs.filter((line) => line.includes('jobs_handed_over')).length,
      attempts: rows.reduce((sum, row) => sum + row.attempts.length, 0),
      ...struck,
      client: ledger.counts,
      seconds: { chaos: (drainsAt - startedAt) / 1000, draining: (endedAt - drainsAt) / 1000 },
    };
  } finally {
    drained.abort();
    await sweeps;
  }
}

/** The database itself puts jobs into the second queue: all job types that this run submits are in the default one. */
async function spreadOverQueues(cloud: Cloud): Promise<void> {
  await sql(
    cloud,
    `CREATE FUNCTION chaos_queue() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF NEW.type = 'sleep' AND hashtext(CAST(NEW.job_id AS text)) % 2 = 0 THEN NEW.queue := '${SECOND_QUEUE}'; END IF;
       RETURN NEW;
     END $$`,
  );
  await sql(
    cloud,
    'CREATE TRIGGER chaos_queue BEFORE INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION chaos_queue()',
  );
}

/** The stack's settings; the seed decides how many jobs a worker takes at once. */
function settingsOf(seed: number, receiver: string): Record<string, string> {
  const batchSize = [1, 5, 10][Math.floor(randomNumbers(seed)() * 3)] ?? 1;
  return {
    JOBS: 'test/chaos/jobs.ts',
    JOB_TIMEOUT: String(JOB_TIMEOUT),
    VISIBILITY_TIMEOUT: String(VISIBILITY_TIMEOUT),
    SWEEP_AFTER: String(SWEEP_AFTER),
    JOB_PREFETCH: '6',
    QUEUES: JSON.stringify({ [SECOND_QUEUE]: { timeout: JOB_TIMEOUT, concurrency: 4, batchSize } }),
    JOB_BATCH_SIZE: String(batchSize),
    // One window for the whole run.
    DEDUP_WINDOW: '86400',
    WEBHOOK_ALLOWED_HOSTS: receiver,
  };
}

function targetsOf(cloud: Cloud): Targets {
  const api = cloud.output('ApiFunctionName');
  return {
    api,
    // Every queue has a worker.
    worker: 'ErrandWorker',
    anyFunction: api.slice(0, api.indexOf('-') + 1),
    queue: 'ErrandQueues',
    scheduled: cloud.output('ScheduledFunctionName'),
    firings: 'ErrandSchedulesFirings',
  };
}

/** Plays the schedule, several units at a time, and injects the incidents at their positions. */
async function letLoose(
  cloud: Cloud,
  schedule: readonly Unit[],
  planned: readonly Incident[],
  ledger: Ledger,
  { jobs, concurrency, signal, onProgress }: ChaosOptions,
): Promise<void> {
  const client = new ChaosClient(cloud.api.url, ledger, signal);
  const waiting = schedule.entries();
  const ahead = [...planned];
  let done = 0;
  const workThrough = async (): Promise<void> => {
    for (const [index, unit] of waiting) {
      signal.throwIfAborted();
      while (ahead[0] && ahead[0].at <= index / schedule.length) {
        const incident = ahead.shift();
        if (incident) await armFaults(cloud, incident.rule);
      }
      await client.play(unit);
      done += unit.jobs.length;
      const { serverErrors, brokenConnections } = ledger.counts;
      onProgress({
        phase: 'chaos',
        done,
        of: jobs,
        note: `${serverErrors + brokenConnections} answers bad or lost`,
      });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, workThrough));
}

interface WebhookKey {
  key: string;
  generation: number;
}

/** Requests one rotation of the webhook key until it gets a response. */
async function rotateKey(cloud: Cloud, ledger: Ledger, signal: AbortSignal): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const answer = await cloud.api
      .call<WebhookKey>('POST', '/v1/webhook-key/rotate', { generation: 1 })
      .catch(() => undefined);
    if (answer?.status === 200 && answer.body.generation === 2) return;
    if (answer && answer.status < 500) {
      ledger.strange.push(`The rotation of the webhook key was answered ${answer.status}.`);
      return;
    }
  }
}

/** Invokes the sweeper repeatedly, also under faults, until the signal is aborted. */
async function sweepAgainAndAgain(cloud: Cloud, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    // A sweep that fails is followed by the next one.
    await invoke(cloud, cloud.output('SweeperFunctionName')).catch(() => undefined);
    await wait(SWEEP_EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** Waits until every job has ended and no message is left, or until nothing changes any more. */
async function drain(
  cloud: Cloud,
  signal: AbortSignal,
  onProgress: ChaosOptions['onProgress'],
): Promise<void> {
  let least = Infinity;
  let movedAt = performance.now();
  while (performance.now() - movedAt < PATIENCE_MS) {
    signal.throwIfAborted();
    const [[open = '0', all = '0'] = []] = await sql(
      cloud,
      'SELECT count(*) FILTER (WHERE end_time IS NULL), count(*) FROM jobs',
    );
    const left = Number(open) + (await messagesLeft(cloud));
    if (left === 0) return;
    if (left < least) {
      least = left;
      movedAt = performance.now();
    }
    onProgress({ phase: 'draining', done: Number(all) - Number(open), of: Number(all), note: '' });
    await wait(250, undefined, { signal });
  }
}

async function messagesLeft(cloud: Cloud): Promise<number> {
  const ofJobs = Object.values(JSON.parse(cloud.output('QueueUrls')) as Record<string, string>);
  const urls = [...ofJobs, cloud.output('FiringsQueueUrl'), cloud.output('DeadLetterQueueUrl')];
  const counts = await Promise.all(urls.map((url) => messagesIn(cloud, url)));
  return counts.reduce((sum, count) => sum + count, 0);
}

async function struckFaults(cloud: Cloud): Promise<Pick<Outcome, 'faults' | 'matchedCalls'>> {
  const response = await fetch(`${cloud.awsEndpointUrl}/_errand/faults`);
  const { faults } = (await response.json()) as {
    faults: { effect: string; code?: string; caller?: string; matched: number; struck: number }[];
  };
  const byName: Record<string, number> = {};
  for (const { effect, code, struck } of faults) {
    const name = code === undefined ? effect : `${effect} (${code})`;
    byName[name] = (byName[name] ?? 0) + struck;
  }
  return { faults: byName, matchedCalls: Math.max(...faults.map(({ matched }) => matched)) };
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
