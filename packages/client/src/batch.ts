import { dataOf } from './errand-error.ts';
import type { Connection, RequestOptions, Schema } from './http-client.ts';
import type { PayloadOf, PayloadProperty, TypeName } from './job-types.ts';
import type { ManyOutcome, ManySubmission } from './many.ts';
import { itemsOfPages } from './pages.ts';
import { poll, type WaitOptions } from './wait-for-end.ts';

/** The job that Errand submits when a batch is completed. */
export type OnComplete<Types> = {
  [Type in TypeName<Types>]: { readonly type: Type } & PayloadProperty<PayloadOf<Types, Type>> & {
      /** @default - the job type's maximum */
      readonly maxAttempts?: number | undefined;
      /**
       * The time limit for one attempt, in whole seconds.
       *
       * @default - the job type's time limit
       */
      readonly timeoutSeconds?: number | undefined;
      /** The URL to which a `webhook` job sends this job's outcome once this job has ended. */
      readonly callbackUrl?: string | undefined;
    };
}[TypeName<Types>];

export interface CloseOptions<Types> extends RequestOptions {
  /**
   * The job to submit once the batch is closed and all its jobs have ended.
   *
   * @default - none
   */
  readonly onComplete?: OnComplete<Types> | undefined;
}

/** A handle on a batch: jobs that are counted together. */
export interface BatchHandle<Types> {
  readonly batchId: string;
  /** Submits jobs to the batch, like the client's `submitMany`. The batch stays open. */
  submitMany(
    submissions: readonly ManySubmission<Types>[],
    options?: RequestOptions,
  ): Promise<ManyOutcome<unknown>[]>;
  /** Closes the batch, which then accepts no more jobs. Idempotent. */
  close(options?: CloseOptions<Types>): Promise<Schema<'Batch'>>;
  get(options?: RequestOptions): Promise<Schema<'Batch'>>;
  /** Waits until the batch is completed or `timeoutSeconds` have elapsed, and returns the batch's current state. */
  wait(options?: WaitOptions<Schema<'Batch'>>): Promise<Schema<'Batch'>>;
}

/** Creates a handle on a batch from the batch's ID, without the `submitMany` method. Sends no request. */
export function batchHandle(
  connection: Connection,
  batchId: string,
): Omit<BatchHandle<Record<string, { payload: unknown; result: unknown }>>, 'submitMany'> {
  const { http, idempotent } = connection;
  const read = (wait: number, { signal }: RequestOptions = {}) =>
    http.GET('/v1/batches/{batch_id}', {
      params: { path: { batch_id: batchId }, query: { wait } },
      ...(signal && { signal }),
    });
  return {
    batchId,
    async close({ onComplete, signal } = {}) {
      const job = onComplete && {
        type: onComplete.type,
        payload: onComplete.payload,
        max_attempts: onComplete.maxAttempts,
        timeout_seconds: onComplete.timeoutSeconds,
        callback_url: onComplete.callbackUrl,
      };
      const { batch } = dataOf(
        await http.POST('/v1/jobs/batch', {
          body: { jobs: [], batch: { id: batchId, ...(job && { on_complete: job }) } } as never,
          ...idempotent,
          ...(signal && { signal }),
        }),
      );
      if (!batch)
        throw new TypeError('The API is older than this client and has no batches: update the deployment.');
      return batch;
    },
    async get(options) {
      return dataOf(await read(0, options));
    },
    wait: (options = {}) =>
      poll(
        connection,
        async (wait) => {
          const answer = await read(wait, options);
          return { value: dataOf(answer), headers: answer.response.headers };
        },
        ({ status }) => status === 'completed',
        options,
      ),
  };
}

export interface ListBatchesOptions extends RequestOptions {
  /**
   * Batches per request, 1 to 200.
   *
   * @default - the API's default
   */
  readonly pageSize?: number | undefined;
}

/**
 * Lists the batches, newest first. Each page is requested when your loop reaches it.
 *
 * @throws ErrandError
 */
export function listBatches(
  { http }: Connection,
  { pageSize, signal }: ListBatchesOptions = {},
): AsyncGenerator<Schema<'Batch'>, void, undefined> {
  return itemsOfPages(async (cursor) =>
    dataOf(
      await http.GET('/v1/batches', {
        params: { query: { ...cursor, ...(pageSize !== undefined && { limit: pageSize }) } },
        ...(signal && { signal }),
      }),
    ),
  );
}
