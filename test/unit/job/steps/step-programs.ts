import fc from 'fast-check';
import type { JobContext } from '../../../../lambdas/job/job-context.ts';
import type { Json } from '../../../../lambdas/job/job.ts';
import { StepError } from '../../../../lambdas/job/steps/step-errors.ts';

/** A random program of steps. */
export type Program =
  /** A step with a function that fails `failures` times before it succeeds. The step has three attempts. */
  | { kind: 'run'; failures: number }
  | { kind: 'sleep'; seconds: number }
  | { kind: 'signal'; isSent: boolean }
  | { kind: 'sequence'; parts: Program[] }
  | { kind: 'parallel'; parts: Program[] };

export const { program } = fc.letrec<{ program: Program }>((tie) => ({
  program: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ kind: fc.constant('run' as const), failures: fc.integer({ min: 0, max: 3 }) }),
    fc.record({ kind: fc.constant('sleep' as const), seconds: fc.constantFrom(0, 1, 60, 7_200) }),
    fc.record({ kind: fc.constant('signal' as const), isSent: fc.boolean() }),
    fc.record({
      kind: fc.constantFrom('sequence' as const, 'parallel' as const),
      parts: fc.array(tie('program'), { minLength: 1, maxLength: 4 }),
    }),
  ),
}));

/** Records the calls to a program's step functions. */
export class Effects {
  /** The attempt numbers passed to each step's function. */
  readonly attempts = new Map<string, number[]>();
  readonly #onCall: (step: string) => void;

  constructor(onCall: (step: string) => void) {
    this.#onCall = onCall;
  }

  call(step: string, attempt: number, failures: number): string {
    this.#onCall(step);
    this.attempts.set(step, [...(this.attempts.get(step) ?? []), attempt]);
    if (attempt <= failures) throw new Error(`failure ${attempt}`);
    return `result of ${step}`;
  }
}

/** Returns the names of the signals that a program waits for and receives. */
export function sentSignals(part: Program, path = 'p'): string[] {
  if (part.kind === 'signal') return part.isSent ? [path] : [];
  if (!('parts' in part)) return [];
  return part.parts.flatMap((each, index) => sentSignals(each, `${path}.${index}`));
}

/** Returns the number of step rows that a program writes. */
export function countSteps(part: Program): number {
  if ('parts' in part) return part.parts.reduce((sum, each) => sum + countSteps(each), 0);
  return 1;
}

/** Runs a program. Each step's name is its path. */
export async function runProgram(
  part: Program,
  { step }: JobContext,
  effects: Effects,
  path = 'p',
): Promise<Json> {
  const inner = (each: Program, index: number): Promise<Json> =>
    runProgram(each, { step } as JobContext, effects, `${path}.${index}`);
  switch (part.kind) {
    case 'run':
      try {
        return await step.run(path, ({ attempt }) => effects.call(path, attempt, part.failures), {
          retry: { attempts: 3, baseSeconds: 5, capSeconds: 60 },
        });
      } catch (error) {
        if (error instanceof StepError) return error.message;
        throw error;
      }
    case 'sleep':
      await step.sleep(path, part.seconds);
      return 'slept';
    case 'signal': {
      const { timedOut, payload } = await step.waitForSignal(path, { timeout: '1h' });
      return timedOut ? 'timed out' : (payload as Json);
    }
    case 'parallel':
      return Promise.all(part.parts.map(inner));
    case 'sequence': {
      const results: Json[] = [];
      for (const [index, each] of part.parts.entries()) results.push(await inner(each, index));
      return results;
    }
  }
}
