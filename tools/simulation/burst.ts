import { Database, type DatabaseModel } from './database.ts';
import { EventQueue } from './event-queue.ts';
import { randomNumbers } from './random.ts';

/** A burst of jobs that are all queued from the start, and the capacity that processes them. */
export interface Burst {
  readonly jobs: number;
  /** Average run time of a handler, in seconds. Run times are uniformly distributed between 0.5 and 1.5 times the average. */
  readonly seconds: number;
  /** `JOB_PREFETCH`: the worker's reserved concurrency. */
  readonly concurrency: number;
  /** `JOB_BATCH_SIZE`: the number of jobs per execution. */
  readonly batch: number;
  /** `VISIBILITY_TIMEOUT`, in seconds. */
  readonly visibilityTimeout: number;
  /** The fraction of executions that crash halfway. The crashed executions' jobs reappear after the visibility timeout. */
  readonly crashShare: number;
  /** The maximum number of attempts. If all of them crash, the job fails. */
  readonly maxAttempts: number;
  readonly database: DatabaseModel;
  readonly seed: number;
}

/** The outcome of a burst. */
export interface Outcome {
  /** Seconds from the first delivery to the end of the last job. */
  readonly drainSeconds: number;
  readonly executions: number;
  readonly crashes: number;
  /** Jobs that failed after all their attempts. */
  readonly failed: number;
  /** Deliveries that Lambda throttled. */
  readonly throttles: number;
  readonly statements: number;
  readonly statementsPerSecond: { readonly mean: number; readonly peak: number };
  /** The messages' ages when they were received, in seconds. */
  readonly messageAge: { readonly median: number; readonly oldest: number };
  /** The fractions of the simulated time during which the workers and the database were busy. */
  readonly busy: { readonly workers: number; readonly database: number };
  readonly bottleneck: 'database' | 'concurrency' | 'reruns' | 'pollers';
}

/** How Lambda scales with an SQS queue: the initial number of concurrent batches, the increase per second, and the maximum. */
const FIRST_POLLERS = 5;
const POLLERS_PER_SECOND = 300 / 60;
const MOST_POLLERS = 1250;

/** The lowest MaximumConcurrency that an event source mapping accepts. */
const LEAST_MAXIMUM_CONCURRENCY = 2;

/** A resource that is busy for at least this fraction of the time counts as the bottleneck. */
const SATURATED = 0.9;

type Event =
  | { readonly kind: 'poll' }
  | { readonly kind: 'handled'; readonly jobs: number; readonly startedAt: number }
  | { readonly kind: 'ended'; readonly jobs: number; readonly startedAt: number }
  | { readonly kind: 'died'; readonly startedAt: number }
  | { readonly kind: 'visible'; readonly batch: Returning };

/** A received batch. If the batch returns to the queue, all its messages reappear together. */
interface Returning {
  readonly jobs: number;
  readonly attempts: number;
}

/** Simulates a burst, event by event. The result is deterministic. */
export function simulateBurst(burst: Burst): Outcome {
  const random = randomNumbers(burst.seed);
  const events = new EventQueue<Event>();
  const database = new Database(burst.database);
  const mostPollers = Math.min(MOST_POLLERS, Math.max(LEAST_MAXIMUM_CONCURRENCY, burst.concurrency));
  const ages: number[] = [];
  const returned: Returning[] = [];
  let unseen = burst.jobs;
  let left = burst.jobs;
  let failed = 0;
  let pollers = 0;
  let running = 0;
  let executions = 0;
  let crashes = 0;
  let throttles = 0;
  let workerSeconds = 0;
  let now = 0;

  const duration = (): number => burst.seconds * (0.5 + random());
  const longestOf = (jobs: number): number => {
    let longest = 0;
    for (let job = 0; job < jobs; job += 1) longest = Math.max(longest, duration());
    return longest;
  };

  const receive = (): Returning | undefined => {
    const again = returned.shift();
    if (again !== undefined || unseen === 0) return again;
    const jobs = Math.min(unseen, burst.batch);
    unseen -= jobs;
    return { jobs, attempts: 0 };
  };

  /** Lets one poller receive a batch and invoke the function with it. */
  const deliver = (): void => {
    const batch = receive();
    if (batch === undefined) return;
    const { jobs } = batch;
    if (running >= burst.concurrency) {
      throttles += 1;
      events.add(now + burst.visibilityTimeout, { kind: 'visible', batch });
      return;
    }
    ages.push(now);
    running += 1;
    executions += 1;
    const claimed = database.execute(now, jobs);
    const attempts = batch.attempts + 1;
    if (attempts > burst.maxAttempts) {
      // The claim fails these jobs, because they have no attempts left.
      failed += jobs;
      events.add(claimed, { kind: 'ended', jobs, startedAt: now });
      return;
    }
    const handled = claimed + longestOf(jobs);
    if (random() < burst.crashShare) {
      crashes += 1;
      events.add((claimed + handled) / 2, { kind: 'died', startedAt: now });
      events.add(now + burst.visibilityTimeout, { kind: 'visible', batch: { jobs, attempts } });
    } else {
      events.add(handled, { kind: 'handled', jobs, startedAt: now });
    }
  };
  const end = (startedAt: number): void => {
    running -= 1;
    workerSeconds += now - startedAt;
    deliver();
  };

  /** Adds pollers as fast as Lambda does. */
  const poll = (): void => {
    const allowed = Math.min(mostPollers, Math.floor(FIRST_POLLERS + POLLERS_PER_SECOND * now));
    for (; pollers < allowed; pollers += 1) deliver();
    if (pollers < mostPollers) events.add(now + 1 / POLLERS_PER_SECOND, { kind: 'poll' });
  };

  poll();
  while (left > 0) {
    const next = events.next();
    if (next === undefined) throw new Error(`${left} jobs are stuck: no event is left.`);
    now = next.at;
    const { event } = next;
    switch (event.kind) {
      case 'poll':
        poll();
        break;
      case 'handled':
        events.add(database.execute(now, event.jobs), { ...event, kind: 'ended' });
        break;
      case 'ended':
        left -= event.jobs;
        end(event.startedAt);
        break;
      case 'died':
        end(event.startedAt);
        break;
      case 'visible':
        returned.push(event.batch);
        // Delivers the batch if a poller is idle. An idle poller polls again, because it found the queue empty or was throttled.
        if (running < Math.min(pollers, burst.concurrency)) deliver();
        break;
    }
  }

  const busy = {
    workers: workerSeconds / (now * Math.min(burst.concurrency, mostPollers)),
    database: database.busySeconds / now,
  };
  return {
    drainSeconds: now,
    executions,
    crashes,
    failed,
    throttles,
    statements: database.statements,
    statementsPerSecond: { mean: database.statements / now, peak: database.peakPerSecond },
    messageAge: { median: ages[Math.floor(ages.length / 2)] ?? 0, oldest: ages.at(-1) ?? 0 },
    busy,
    bottleneck: bottleneckOf(busy, crashes),
  };
}

/** Finds the bottleneck. Checks the database first, because workers also count as busy while they wait for the database. */
function bottleneckOf(busy: Outcome['busy'], crashes: number): Outcome['bottleneck'] {
  if (busy.database >= SATURATED) return 'database';
  if (busy.workers >= SATURATED) return 'concurrency';
  return crashes > 0 ? 'reruns' : 'pollers';
}
