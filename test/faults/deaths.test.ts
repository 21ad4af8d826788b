import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { setTimeout as wait } from 'node:timers/promises';
import { startCloud, type Cloud } from '../helpers/cloud.ts';
import { invoke, sandboxesOf } from '../helpers/embedded.ts';
import { armFaults, disarmFault, strikesOf } from '../helpers/faults.ts';
import { startReceiver, type Receiver } from '../helpers/webhook-receiver.ts';
import { FIRST_SUBMISSION, KEY_ROTATION, RETRY, TAKE_OVER } from './deaths/api-paths.ts';
import { PAUSE, RESUME, RESUME_IN_ROUNDS } from './deaths/pause-paths.ts';
import { Ends, findings, installAudit } from './deaths/audit.ts';
import {
  LETTER_WITHOUT_QUEUE,
  LOST,
  PRUNE,
  ROLL_UP,
  SENT_AGAIN,
  SETTLE,
  SWEEP,
  SWEEP_BESIDE_BACKLOG,
  SWEEP_DURING_BACKLOG,
  SWEEP_OF_PARKED,
  SWEEP_WITHOUT_QUEUE,
} from './deaths/mending-paths.ts';
import { SWEEP_OF_CHILDREN, SWEEP_OF_PARENT } from './deaths/family-paths.ts';
import { FIRST_FIRING } from './deaths/firing-paths.ts';
import { StoppableSweeps } from './deaths/stoppable-sweeps.ts';
import type { Scene } from './deaths/path.ts';
import { casesOf, countsOf, perform, recordCalls, type Case } from './deaths/walk.ts';
import { BULK } from './deaths/bulk-paths.ts';
import { CANCELED } from './deaths/worker-paths.ts';
import { MARKING, PATHS, SIDE_BY_SIDE } from './deaths/paths.ts';

// A path is a sequence of AWS calls that a function makes. A walk runs a path, and injects a fault at one of its calls: the process dies before or
// after the call, the response is lost once or every time, or AWS refuses the call. For each path, call and kind of fault, there is one walk. After
// the fault, the client retries, the message is delivered again, and a minute passes. A fault recognizes its walk by a string in the event, so most
// walks run in parallel.
//
// A walk is omitted if another walk leaves the same state behind. `deathsOf` recognizes two cases:
// - If the calls are sequential and nothing else happens between them (`isSequence`), a kill before a call is the same as a kill after the previous
//   call.
// - A failed claim leaves its job unchanged, and a retried claim has the same result, whatever the job does. The "a job that succeeds" path tests
//   these faults for all paths that begin with a claim (`beginsWithClaim`).
//
// All walks are kept for paths with steps, with parallel calls, or with claims that have other outcomes.

/** The number of walks that run in parallel. */
const WALKERS = 24;

const ALL = [
  ...PATHS,
  ...[FIRST_SUBMISSION, FIRST_FIRING, SETTLE, RESUME_IN_ROUNDS],
  ...[SWEEP_OF_PARKED, SWEEP_WITHOUT_QUEUE, SWEEP_DURING_BACKLOG, SWEEP_BESIDE_BACKLOG],
  ...[SWEEP_OF_PARENT, SWEEP_OF_CHILDREN],
].flatMap(casesOf);
const outcomes = new Map<string, PromiseSettledResult<void>>();
const recorded = new Map<string, Record<string, number>>();

const sweeps = new StoppableSweeps();

let cloud: Cloud;
let receiver: Receiver;
let scene: Scene;

beforeAll(async () => {
  receiver = await startReceiver((_request, response, earlier) => {
    if (earlier === 0) response.writeHead(429, { 'retry-after': '1' }).end();
    else response.end('done');
  });
  const settings = {
    JOBS: 'test/faults/deaths/jobs.ts',
    JOB_TIMEOUT: '6',
    VISIBILITY_TIMEOUT: '7',
    JOB_PREFETCH: '12',
    QUEUES: JSON.stringify({
      images: { timeout: 6, concurrency: 4 },
      pairs: { timeout: 6, concurrency: 12, batchSize: 2 },
    }),
    SWEEP_AFTER: '1',
    // The limit is high enough for all concurrent walks, including killed walks, which never release their wait slots.
    MAX_WAITS: '200',
    WEBHOOK_ALLOWED_HOSTS: receiver.origin,
  };
  // The audit reads all rows, and jobs of earlier versions would seem to have been left without an end.
  cloud = await startCloud(settings, {
    app: 'test/function-jobs/app.ts',
    faults: true,
    earlierRows: 'none',
  });
  // This deployment creates version 2 of the worker. Version 1 is kept for the jobs that are pinned to it.
  await cloud.redeploy({ ...settings, JOB_MEMORY: '1025' });
  await installAudit(cloud);
  scene = { cloud, receiver, ends: new Ends(cloud) };

  await cloud.api.submit({ payload: { seconds: 0 } });
  // A deployment's first sweep also prunes expired data. That sweep runs here, before the walks, so that its calls are not counted in any walk.
  await invoke(cloud, cloud.output('SweeperFunctionName'));
  for (const path of PATHS) recorded.set(path.title, await recordCalls(scene, path));
  for (const each of casesOf(FIRST_SUBMISSION)) {
    await endInstances('ApiFunctionName');
    await settle(each);
  }
  for (const each of casesOf(FIRST_FIRING)) {
    await endInstances('ScheduledFunctionName');
    await settle(each);
  }
  for (const each of casesOf(TAKE_OVER).filter(isAdoption)) {
    // During this submission, the API's only instance updates the activity mark, so that the walk's only UpdateItem call is the one that replaces the
    // dedup key.
    await cloud.api.submit({ payload: { seconds: 0 } });
    await settle(each);
  }
  // These walks run one at a time, because they all rotate the same tenant's key or pause the same job type.
  for (const each of [KEY_ROTATION, PAUSE].flatMap(casesOf)) await settle(each);
  for (const each of [SWEEP, SWEEP_OF_PARKED, SWEEP_WITHOUT_QUEUE].flatMap(casesOf)) await settle(each);
  for (const each of [SWEEP_OF_PARENT, SWEEP_OF_CHILDREN].flatMap(casesOf)) await settle(each);
  for (const each of [PRUNE, ROLL_UP, SETTLE].flatMap(casesOf)) await settle(each);
  await sideBySide([SENT_AGAIN, LOST, LETTER_WITHOUT_QUEUE].flatMap(casesOf));
  for (const each of [SWEEP_DURING_BACKLOG, SWEEP_BESIDE_BACKLOG].flatMap(casesOf)) await settle(each);
  // From here on, a sweep takes every overdue job, including other walks' jobs.
  const sweeping = new AbortController();
  const sweeper = sweepUntil(sweeping.signal);
  // These walks run one at a time, because they all resume the same job type or the same queue.
  for (const each of [RESUME, RESUME_IN_ROUNDS].flatMap(casesOf)) await settle(each);
  const rest = SIDE_BY_SIDE.flatMap(casesOf);
  await sideBySide(rest.filter((each) => !isAdoption(each)));
  sweeping.abort();
  await sweeper;
}, 900_000);

afterAll(async () => {
  await cloud.end();
  await receiver.end();
});

async function settle(each: Case): Promise<void> {
  const [outcome] = await Promise.allSettled([perform(scene, each, sweeps)]);
  outcomes.set(each.title, outcome);
}

function isAdoption({ path, step }: Case): boolean {
  return path === TAKE_OVER && step.action === 'UpdateItem';
}

async function sideBySide(cases: readonly Case[]): Promise<void> {
  const waiting = [...cases];
  const walker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) await settle(next);
  };
  await Promise.all(Array.from({ length: WALKERS }, walker));
}

/** Makes the function's next invocation start a new process. */
async function endInstances(actor: string): Promise<void> {
  for (const { pid } of await sandboxesOf(cloud, cloud.output(actor))) process.kill(pid, 'SIGKILL');
  while ((await sandboxesOf(cloud, cloud.output(actor))).length > 0) await wait(10);
}

/** Sweeps every half second until the signal is aborted, because EventBridge starts a sweep only once a minute. */
async function sweepUntil(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sweeps.next(() => invoke(cloud, cloud.output('SweeperFunctionName')));
    await wait(500);
  }
}

const STATEMENTS = 'rds-data ExecuteStatement';

describe('the list of AWS calls at which a process can die', () => {
  it.each(PATHS.map((path) => [path.title, path] as const))('is complete for %s', (title, path) => {
    const calls = { ...recorded.get(title) };
    // Each instance reads the webhook secret once. The read is not counted, because it changes nothing.
    delete calls['secretsmanager GetSecretValue'];
    if (MARKING.includes(path)) delete calls['dynamodb UpdateItem'];
    // On a busy machine, the worker may send an additional heartbeat before the cancellation.
    if (path === CANCELED && calls[STATEMENTS] === 4) calls[STATEMENTS] = 3;
    expect(calls).toEqual(countsOf(path));
  });
});

describe('nothing is lost or done twice after', () => {
  it.each(ALL.map(({ title }) => title))('%s', (title) => {
    const outcome = outcomes.get(title);
    if (outcome?.status === 'rejected') throw outcome.reason;
    expect(outcome?.status).toBe('fulfilled');
  });
});

describe('a job', () => {
  /** Submits a job while a fault rule is active, and returns the number of attempts once the job has succeeded. */
  async function attemptsUnder(rule: object): Promise<number> {
    const [id = ''] = await armFaults(cloud, { ...rule });
    const { job_id: jobId } = await cloud.api.submit({ payload: { seconds: 0 } });
    const sweeping = new AbortController();
    const sweeper = sweepUntil(sweeping.signal);
    expect(await scene.ends.of(jobId)).toBe('success');
    sweeping.abort();
    await sweeper;
    expect((await strikesOf(cloud)).get(id)).toBeGreaterThanOrEqual(1);
    await disarmFault(cloud, id);
    return (await cloud.api.attempts(jobId)).length;
  }

  it.each([
    ['whose message is lost', { effect: 'lose', queue: 'QueuesMain', times: 1 }],
    ['whose message is duplicated', { effect: 'duplicate', queue: 'QueuesMain', times: 1 }],
    ['whose deliveries are throttled', { effect: 'throttle', function: 'Worker', invocations: 3 }],
    ['that is submitted while Aurora is paused', { effect: 'pause-aurora', resume_seconds: 2 }],
    [
      'that is submitted while Aurora resumes and refuses connections',
      { effect: 'pause-aurora', resume_seconds: 1, refusal: 'link-failure' },
    ],
    [
      'that is submitted while Aurora resumes and statements time out',
      { effect: 'pause-aurora', resume_seconds: 1, refusal: 'statement-timeout' },
    ],
  ])('%s runs once', async (_title, rule) => {
    expect(await attemptsUnder(rule)).toBe(1);
  });
});

describe('in the end', () => {
  it('every job has ended once, every object has one job id, and attempts never overlapped', async () => {
    const found = await findings(cloud);
    // Only a retry by a client or a bulk job may reopen a job. Each retry must have reopened its job exactly once.
    const [retried, wrong] = [
      found.filter(([, finding]) => finding === 'opened again'),
      found.filter(([, finding]) => finding !== 'opened again'),
    ];
    expect(wrong).toEqual([]);
    expect(new Set(retried.map(([jobId]) => jobId)).size).toBe(retried.length);
    expect(retried).toHaveLength(casesOf(RETRY).length + 1 + casesOf(BULK).length + 1);
  });
});
