/**
 * The possible faults of a store call:
 * - `refused`: the call certainly has no effect, and the caller learns that if the store can tell it.
 * - `resuming`: like `refused`, because the database is resuming from its pause.
 * - `lost`: the call takes effect, but the response is lost.
 * - `late`: the caller gives up, and the call takes effect some time later.
 * - `doubled`: the SDK sends the call again because the first response was lost, and the second response arrives.
 * - `died before`, `died after`: the process ends before or after the call takes effect.
 * - `partly refused`, `partly lost`: the first of a call's several statements gets an error, without or with its
 *   effect. For other calls, these are the same as `refused` and `lost`.
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

/** The faults of one submission's calls, in order. Further calls succeed. */
export type Faults = readonly (Fault | 'none')[];
