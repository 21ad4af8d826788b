import { rm } from 'node:fs/promises';
import type { Cloud } from '../helpers/cloud.ts';
import { headerFor } from '../helpers/keys.ts';
import { startKillableCloud } from './cloud/killable-cloud.ts';
import { ChaosClient } from './client.ts';
import { deployAgainAndAgain } from './deployments.ts';
import { drain } from './drain.ts';
import { incidents } from './fault-schedule.ts';
import { prepareFirings, shortenVisibility } from './firings.ts';
import { limitJobs, pauseAgainAndAgain, wrongStarts } from './flow.ts';
import { contradictions } from './history/explain.ts';
import { HistoryRecorder } from './history/recorder.ts';
import { inject, type Injection } from './injection.ts';
import { wrongHistory } from '../helpers/wrong-history.ts';
import {
  finalJobs,
  keepJournal,
  readJobs,
  wrongAudit,
  wrongBatches,
  wrongCounts,
  type JobRow,
} from './journal.ts';
import { Ledger } from './ledger.ts';
import { judgeOrders, newJournal, openOrders, readJournal, readOrders } from './orders.ts';
import { play } from './play.ts';
import { Requests, type Keys } from './requests.ts';
import { scheduleOf, TENANTS } from './schedule.ts';
import { APP, settingsOf, spreadOverQueues, targetsOf } from './stack.ts';
import { sweepAgainAndAgain } from './sweeps.ts';
import { judge, type Finding } from './verdict.ts';
import { rotateKey, startChaosReceiver } from './webhooks.ts';

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
  /** The number of jobs for which all requests have been sent. While draining, the number of jobs that have ended. */
  readonly done: number;
  readonly of: number;
  readonly note: string;
}

/** The result of a run. */
export interface Outcome extends Pick<Injection, 'struck' | 'matchedCalls' | 'downSeconds'> {
  readonly settings: Readonly<Record<string, string>>;
  readonly findings: readonly Finding[];
  /** The rows of the jobs named in findings. */
  readonly evidence: readonly JobRow[];
  readonly jobsByStatus: Readonly<Record<string, number>>;
  /** The number of redeployments during the run. */
  readonly deployments: number;
  /** The number of times that a worker handed jobs over to one of its earlier versions. */
  readonly handOvers: number;
  readonly attempts: number;
  readonly client: Ledger['counts'];
  /** The number of responses that the history check could explain. */
  readonly explained: number;
  readonly seconds: { readonly chaos: number; readonly draining: number };
}

/** Runs a seed's schedule in a separate cloud, and checks the result. */
export async function runChaos(options: ChaosOptions): Promise<Outcome> {
  const { jobs, seed, signal, onProgress, concurrency } = options;
  await using running = new AsyncDisposableStack();
  onProgress({ phase: 'starting', done: 0, of: jobs, note: '' });
  const ledger = new Ledger();
  const receiver = await startChaosReceiver(ledger);
  running.defer(() => receiver.end());
  const settings = settingsOf(seed, receiver.origin);
  const cloud = await startKillableCloud(settings, { app: APP, edit: shortenVisibility });
  running.defer(() => cloud.end());
  signal.throwIfAborted();
  await keepJournal(cloud);
  await spreadOverQueues(cloud);
  await limitJobs(cloud);
  const keys = await keysOfTenants(cloud);
  await receiver.readKeys(cloud, keys);

  const firings = await prepareFirings(cloud, keys);
  const journal = newJournal(seed);
  running.defer(() => rm(journal, { force: true }));
  const schedule = scheduleOf(seed, jobs, { receiver: receiver.origin, journal });
  const targets = targetsOf(cloud);
  const history = new HistoryRecorder();
  const requests = new Requests({ url: cloud.api.url, keys }, ledger, history, signal);
  const client = new ChaosClient(requests, ledger, signal);
  const injection = await inject(cloud, options, targets);
  const startedAt = performance.now();
  const drained = new AbortController();
  const sweeps = sweepAgainAndAgain(cloud, AbortSignal.any([signal, drained.signal]));
  try {
    const played = new AbortController();
    const untilPlayed = AbortSignal.any([signal, played.signal]);
    const onDone = (done: number): void => {
      const { serverErrors, brokenConnections } = ledger.counts;
      const note = `${serverErrors + brokenConnections} bad or lost responses`;
      onProgress({ phase: 'chaos', done, of: jobs, note });
    };
    const planned = incidents(seed, targets);
    const [deployments] = await Promise.all([
      deployAgainAndAgain(cloud, settings, untilPlayed),
      play(schedule, { client, incidents: planned, injection, concurrency, signal, onDone }).finally(() => {
        played.abort();
      }),
      ...TENANTS.map((tenant) => rotateKey(cloud, tenant, { keys, ledger, signal })),
      firings.send(untilPlayed),
      pauseAgainAndAgain(cloud, keys, ledger, untilPlayed),
    ]);
    await injection.end();
    const drainsAt = performance.now();
    for (const unanswered of ledger.unanswered) await client.submit(unanswered);
    for (const { tenant, id } of ledger.unclosed.values()) await client.closeBatch(tenant, id);
    await drain(cloud, signal, async (done, of) => {
      onProgress({ phase: 'draining', done, of, note: '' });
      await signalOpenOrders(cloud, client, ledger);
    });
    const endedAt = performance.now();

    onProgress({ phase: 'checking', done: 0, of: 1, note: '' });
    const rows = await readJobs(cloud);
    const findings = [
      ...judge(ledger, rows),
      ...(await firings.judge()),
      ...judgeOrders(await readOrders(cloud), ledger, readJournal(journal)),
      ...contradictions(history, finalJobs(rows, performance.now())).map(({ jobId, what }): Finding => ({
        failing: 'wrong',
        jobId,
        what,
      })),
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
    const { struck, matchedCalls, downSeconds } = injection;
    return {
      settings,
      findings,
      evidence: rows.filter(({ job_id: jobId }) => named.has(jobId)),
      jobsByStatus: countBy(rows, ({ status }) => status),
      deployments,
      handOvers: cloud.logs.filter((line) => line.includes('jobs_handed_over')).length,
      attempts: rows.reduce((sum, row) => sum + row.attempts.length, 0),
      ...{ struck, matchedCalls, downSeconds },
      client: ledger.counts,
      explained: history.answered,
      seconds: { chaos: (drainsAt - startedAt) / 1000, draining: (endedAt - drainsAt) / 1000 },
    };
  } finally {
    drained.abort();
    await sweeps;
  }
}

/** Sends a last signal to each waiting order, including orders that a bulk job retried late. */
async function signalOpenOrders(cloud: Cloud, client: ChaosClient, { signals }: Ledger): Promise<void> {
  for (const { tenant, jobId } of await openOrders(cloud))
    if (!signals.get(jobId)?.has('last')) await client.signal(tenant, jobId, 'last');
}

async function keysOfTenants(cloud: Cloud): Promise<Keys> {
  const [north, south] = await Promise.all([headerFor(cloud, 'north'), headerFor(cloud, 'south')]);
  return { north, south };
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[keyOf(item)] = (counts[keyOf(item)] ?? 0) + 1;
  return counts;
}
