/**
 * The possible faults of a store call:
 * - `refused`: the call has no effect. The caller learns this only if the store can report it.
 * - `resuming`: like `refused`, with the error of a database that is resuming.
 * - `lost`: the call takes effect, but the response is lost.
 * - `late`: the caller gives up, and the call takes effect some time later.
 * - `doubled`: the first response is lost, the SDK retries the call, and the second response arrives.
 * - `died before`, `died after`: the process ends before or after the call takes effect.
 * - `partly refused`, `partly lost`: the first statement of a call with several statements returns an error. With `partly lost`, the statement still
 *   takes effect. For calls with one statement, these faults are the same as `refused` and `lost`.
 */
export const FAULTS = [
  'refused',
  'resuming',
  'lost',
  'late',
  'doubled',
  'died before',
  'died after',
  'partly refused',
  'partly lost',
] as const;
export type Fault = (typeof FAULTS)[number];

/** The faults of one submission's calls, in order. Any further calls succeed. */
export type Faults = readonly (Fault | 'none')[];
