import type { JobContext } from '../job-context.ts';
import type { ClaimedJob } from '../attempt-store.ts';
import type { AttemptOfSteps } from './engine.ts';
import type { StepsEnding } from './invocation.ts';
import type { Step } from './step.ts';

/** The steps of one attempt, for {@link runAttempt}. */
export interface AttemptSteps extends Pick<JobContext, 'step' | 'checkpoint' | 'state'> {
  /** Settles when the steps end the attempt, or this invocation's part of the attempt, before the handler returns. */
  readonly ending: Promise<StepsEnding>;
  /** Prevents further steps from starting. */
  close(): void;
  /** Call this after the handler has returned. Returns an error if the code did not call all recorded steps. */
  mismatch(): Error | undefined;
  /** Writes the last checkpoint, unless it has already been written. */
  flush(): Promise<void>;
}

/** Loads the code that runs steps, and creates an attempt's steps. */
export type OpenSteps = (attempt: AttemptOfSteps) => Promise<AttemptSteps>;

const METHODS = [
  'run',
  'sleep',
  'sleepUntil',
  'waitForSignal',
  'approvalLink',
  'submit',
  'result',
  'map',
] as const satisfies readonly (keyof Step)[];

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * Opens an attempt's steps. Most jobs have no steps, so the code that runs steps is loaded when the handler first calls a
 * step or saves a checkpoint. If the job already has recorded steps, the code is loaded before the handler starts, so
 * that the recorded results and the last checkpoint are available.
 */
export async function openSteps(attempt: AttemptOfSteps, open: OpenSteps): Promise<AttemptSteps> {
  return hasSteps(attempt.job) ? open(attempt) : lazySteps(() => open(attempt));
}

function hasSteps({ steps = [] }: ClaimedJob): boolean {
  return steps.length > 0;
}

function lazySteps(open: () => Promise<AttemptSteps>): AttemptSteps {
  const ending = Promise.withResolvers<StepsEnding>();
  let opened: AttemptSteps | undefined;
  let opening: Promise<AttemptSteps> | undefined;
  let isClosed = false;
  /** All calls share one promise, so that the steps keep their order. */
  const load = (): Promise<AttemptSteps> =>
    (opening ??= open().then((steps) => {
      opened = steps;
      if (isClosed) steps.close();
      void steps.ending.then(ending.resolve);
      return steps;
    }));
  const methods = METHODS.map((name): [string, Method] => [
    name,
    async (...args) => {
      const { step } = await load();
      return (step[name] as unknown as Method)(...args);
    },
  ]);
  return {
    step: Object.fromEntries(methods) as unknown as Step,
    checkpoint: async (state) => (await load()).checkpoint(state),
    state: undefined,
    ending: ending.promise,
    close() {
      isClosed = true;
      opened?.close();
    },
    mismatch: () => opened?.mismatch(),
    flush: async () => opened?.flush(),
  };
}
