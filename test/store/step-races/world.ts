import { createSignalStore } from '../../../lambdas/adapters/aurora/signal-store.ts';
import { createStepStore } from '../../../lambdas/adapters/aurora/step-store.ts';
import { familiesOf, followEndedJobs, type EndedJobsPorts } from '../../../lambdas/job/ended-jobs.ts';
import type { JobOfTenant } from '../../../lambdas/job/job-queue.ts';
import type { Json } from '../../../lambdas/job/job.ts';
import type { SignalStore } from '../../../lambdas/job/steps/signals.ts';
import type { StepStore } from '../../../lambdas/job/steps/step-store.ts';
import { entryOf } from '../../helpers/audit-entries.ts';
import type { JobDatabase } from '../../helpers/aurora.ts';
import { createRecordingLog } from '../../helpers/recording-log.ts';
import { TENANT } from '../job-rows.ts';

interface Message {
  readonly jobId: string;
  readonly visibleAt: number;
}

type Ended = Parameters<typeof familiesOf>[0][number] & { readonly woken?: readonly JobOfTenant[] };

/**
 * The functions' stores, and a queue. The queue delivers only the messages that the statements' results request. There is no sweeper. Its work is
 * simulated in one case only: a parent's process dies after inserting the children and before sending their messages.
 */
export class StepWorld {
  readonly db: JobDatabase;
  readonly steps: StepStore;
  readonly signals: SignalStore;
  /** The errors of {@link attempt}, and other violations found during the race. */
  readonly errors: string[] = [];
  /** The steps' acknowledged results, by job and step. */
  readonly acknowledged = new Map<string, Map<string, Json>>();
  /** The acknowledged signals: `<job> <name> <key>`. */
  readonly accepted = new Set<string>();
  readonly #log = createRecordingLog();
  #messages: Message[] = [];
  #busy = 0;

  constructor(db: JobDatabase) {
    this.db = db;
    this.steps = createStepStore(db.dataApi);
    this.signals = createSignalStore(db.dataApi);
  }

  /** Whether all messages are gone and nothing is running. */
  get isQuiet(): boolean {
    return this.#busy === 0 && this.#messages.length === 0;
  }

  send(jobId: string, afterMs = 0): void {
    this.#messages.push({ jobId, visibleAt: performance.now() + afterMs });
  }

  receive(most: number): string[] {
    const visible = this.#messages.filter(({ visibleAt }) => visibleAt <= performance.now()).slice(0, most);
    this.#messages = this.#messages.filter((message) => !visible.includes(message));
    return visible.map(({ jobId }) => jobId);
  }

  /** Runs an action that must not fail. An error is added to `errors`. */
  async attempt(what: string, run: () => Promise<unknown>): Promise<void> {
    this.#busy += 1;
    try {
      await run();
    } catch (error) {
      const cause = error instanceof Error ? error.cause : undefined;
      this.errors.push(`${what}: ${String(error)} ${String(cause)}`);
    } finally {
      this.#busy -= 1;
    }
  }

  wake(jobs: readonly { readonly jobId: string }[]): void {
    for (const { jobId } of jobs) this.send(jobId);
  }

  /** Like every function, runs the follow-up work for a statement that may have ended jobs. */
  async follow(rows: readonly Ended[]): Promise<void> {
    this.wake(rows.flatMap(({ woken = [] }) => woken));
    await followEndedJobs(familiesOf(rows), this.#ports);
    for (const { message, fields } of this.#log.entries)
      if (message.includes('could not be')) this.errors.push(`${message} ${JSON.stringify(fields)}`);
  }

  async wakeParents(jobIds: readonly string[]): Promise<void> {
    this.wake(await this.db.attempts.wakeParents(jobIds));
  }

  async cancel(jobId: string): Promise<void> {
    const answer = await this.db.jobs.cancel(TENANT, jobId, entryOf('job.cancel'));
    if (answer) await this.follow([{ ...answer, jobId }]);
  }

  async retry(jobId: string, callbackId: string): Promise<void> {
    const retried = await this.db.jobs.resubmit(TENANT, jobId, callbackId, 0, entryOf('job.retry'));
    if (retried?.applied) this.send(jobId);
  }

  /** Sends a signal, and the message for the job if the signal wakes it. */
  async signal(jobId: string, name: string, key: string): Promise<void> {
    const signal = { name, key, payload: { key } };
    const answer = await this.signals.signal(TENANT, jobId, signal, entryOf('job.signal'));
    if (answer?.verdict !== 'accepted') return;
    this.accepted.add(`${jobId} ${name} ${key}`);
    if (answer.woken) this.wake([answer.woken]);
  }

  readonly #queue: EndedJobsPorts['queue'] = {
    send: (wakeUps) => {
      this.wake(wakeUps);
      return Promise.resolve([]);
    },
  };

  get #ports(): EndedJobsPorts {
    return { store: this.db.attempts, queue: this.#queue, log: this.#log };
  }
}
