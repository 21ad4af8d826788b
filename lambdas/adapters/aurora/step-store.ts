import type { Json } from '../../job/job.ts';
import {
  detailOfWait,
  durationOfWait,
  type ChildOutcome,
  type RecordedStep,
  type StepStore,
  type StepWriter,
} from '../../job/steps/step-store.ts';
import type { DataApi, Parameter } from './data-api.ts';
import {
  COUNT_CHILDREN,
  READ_OUTCOMES,
  READ_RESULT_OF_STEP,
  READ_STEP,
  READ_STEPS,
  RECORD_STEP,
  WAIT_FOR_STEP,
} from './sql/steps.ts';
import { readDocument } from './whole-job.ts';

/** One row of {@link READ_OUTCOMES}. */
interface OutcomeRow extends Omit<ChildOutcome, 'jobId'> {
  job_id: string;
  result_in_parts: boolean;
}

/** Stores the steps of running jobs in Aurora. */
export function createStepStore(dataApi: DataApi): StepStore {
  return {
    async record(writer, step) {
      const [recorded] = await dataApi.query<RecordedStep>(RECORD_STEP, {
        ...parametersOf(writer),
        step: JSON.stringify(step),
      });
      return recorded;
    },

    async wait(writer, wait) {
      const [recorded] = await dataApi.query<RecordedStep>(WAIT_FOR_STEP, {
        ...parametersOf(writer),
        step: wait.step,
        kind: wait.kind,
        for_ms: durationOfWait(wait),
        detail: JSON.stringify(detailOfWait(wait)),
      });
      return recorded;
    },

    async read(jobId, step) {
      const [recorded] = await dataApi.query<RecordedStep>(READ_STEP, { job_id: jobId, step });
      if (!recorded?.isResultLeftOut) return recorded;
      const parts = await dataApi.queryText(READ_RESULT_OF_STEP, { job_id: jobId, step });
      return { ...recorded, result: JSON.parse(parts.join('')) as Json, isResultLeftOut: false };
    },

    async countChildren(jobId, step) {
      const [count = 0] = await dataApi.query<number>(COUNT_CHILDREN, { job_id: jobId, step });
      return count;
    },

    async outcomes(jobId, step, offset) {
      const rows = await dataApi.query<OutcomeRow>(READ_OUTCOMES, { job_id: jobId, step, offset });
      const outcomes: ChildOutcome[] = [];
      // Read the large results one after another, because a page may have hundreds of them.
      for (const { job_id: childId, result_in_parts: isInParts, status, message, result } of rows)
        outcomes.push({
          jobId: childId,
          status,
          message,
          result: isInParts ? await readDocument('result', childId, dataApi) : result,
        });
      return outcomes;
    },
  };
}

/** Reads a job's recorded steps, in the order in which they were first recorded. */
export async function readSteps(jobId: string, dataApi: DataApi): Promise<RecordedStep[]> {
  const steps: RecordedStep[] = [];
  for (let place = 0; ;) {
    const page = await dataApi.query<{ place: number; step: RecordedStep }>(READ_STEPS, {
      job_id: jobId,
      after_place: place,
    });
    const last = page.at(-1);
    if (!last) return steps;
    steps.push(...page.map(({ step }) => step));
    place = last.place;
  }
}

function parametersOf({ jobId, attempt, fence }: StepWriter): Record<string, Parameter> {
  return { job_id: jobId, attempt, fence };
}
