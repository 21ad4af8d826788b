import type { ClaimedJob } from '../attempt-store.ts';
import { TooManySubmissionsError } from '../errors.ts';
import { createSubmission, type SubmitFromJobPorts } from '../submit-from-job.ts';
import { submitBatch } from '../submit-batch.ts';
import { submit, type Submission } from '../submit.ts';
import type { ChildOptions, MapOptions } from './step.ts';

/** Submits the children of one job's steps. */
export interface SubmitChildren {
  /**
   * Submits a child, exactly once.
   *
   * @returns the child's id
   * @throws TypeError if the submission is invalid; also throws the errors of {@link submit}
   */
  submit(step: string, type: string, payload: unknown, options: ChildOptions): Promise<string>;
  /**
   * Validates the children for all items.
   *
   * @param pause called to wait for the next second, if the tenant has used up this second's submission rate
   * @returns a function that submits the children for items `from` (inclusive) to `to` (exclusive)
   * @throws TypeError that names the first item with an invalid child
   */
  prepareMap(
    step: string,
    type: string,
    items: readonly unknown[],
    options: MapOptions,
    pause: (ms: number) => Promise<void>,
  ): Promise<(from: number, to: number) => Promise<void>>;
}

/** The pause before submitting the children that exceed the tenant's rate, in milliseconds. */
const NEXT_SECOND_MS = 1_000;

/**
 * Creates the functions that implement `step.submit` and `step.map` for one job. A child's id is derived from the parent's id
 * and the step, so no step submits a child twice.
 */
export function createSubmitChildren(
  parent: Pick<ClaimedJob, 'jobId' | 'tenant' | 'trace'>,
  ports: SubmitFromJobPorts,
): SubmitChildren {
  const submissionOf = async (
    step: string,
    type: string,
    payload: unknown,
    { cancelWithParent = true, ...options }: ChildOptions,
    place?: number,
  ): Promise<{ submission: Submission; id: string }> => {
    const key = place === undefined ? `step:${step}` : `step:${step}:${place}`;
    const { submission, id } = await createSubmission(parent, type, payload, { ...options, key }, ports);
    const child = { jobId: parent.jobId, step, place, endsWithParent: cancelWithParent };
    return { submission: { ...submission, parent: child }, id };
  };
  return {
    async submit(step, type, payload, options) {
      const { submission, id } = await submissionOf(step, type, payload, options);
      const { job } = await submit(submission, withIds([id], ports));
      return job.job_id;
    },
    async prepareMap(step, type, items, { concurrency, ...given }, pause) {
      const limit = concurrency !== undefined && {
        concurrency: { key: `map:${parent.jobId}:${step}`, limit: concurrency },
      };
      const options: ChildOptions = { ...given, ...limit };
      const children: Awaited<ReturnType<typeof submissionOf>>[] = [];
      for (const [place, item] of items.entries()) {
        try {
          children.push(await submissionOf(step, type, item, options, place));
        } catch (error) {
          if (!(error instanceof TypeError)) throw error;
          throw new TypeError(`step.map("${step}"): item ${place}: ${error.message}`, { cause: error });
        }
      }
      return (from, to) => submitAll(parent.tenant, children.slice(from, to), ports, pause);
    },
  };
}

type Prepared = readonly { submission: Submission; id: string }[];

/** Submits children in one batch. Children beyond the tenant's submission rate are submitted in the following seconds. */
async function submitAll(
  tenant: string,
  children: Prepared,
  ports: SubmitFromJobPorts,
  pause: (ms: number) => Promise<void>,
): Promise<void> {
  let left = children;
  while (left.length > 0) {
    const outcomes = await submitBatch(
      tenant,
      left.map(({ submission }) => submission),
      withIds(
        left.map(({ id }) => id),
        ports,
      ),
    );
    const errors = outcomes.map((outcome) => ('error' in outcome ? outcome.error : undefined));
    const refused = errors.find(
      (error) => error !== undefined && !(error instanceof TooManySubmissionsError),
    );
    if (refused instanceof Error) throw refused;
    left = left.filter((_child, index) => errors[index] !== undefined);
    if (left.length > 0) await pause(NEXT_SECOND_MS);
  }
}

/**
 * Replaces the clock's `newId` with a function that returns these ids in order. A single id is returned for every call. Each
 * child of a `map` uses exactly one id, because it has no callback and no `object_id`.
 */
function withIds<Ports extends SubmitFromJobPorts>(ids: readonly string[], ports: Ports): Ports {
  const left = ids.values();
  const [only] = ids.length === 1 ? ids : [];
  const newId = (): string => {
    const id = only ?? left.next().value;
    if (id === undefined) throw new Error('The ids of the children are used up.');
    return id;
  };
  return { ...ports, clock: { ...ports.clock, newId } };
}
