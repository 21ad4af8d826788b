/**
 * The possible faults of a call to a store:
 * - `refused`: it certainly has no effect, and the caller learns that as far as the store can tell.
 * - `resuming`: the same, because the database resumes from its pause.
 * - `lost`: it has its effect, but the response is lost.
 * - `late`: the caller gives up, and the effect comes some time later.
 * - `doubled`: the SDK sends it again because the first response was lost, and the second one arrives.
 * - `died before`, `died after`: the process ends, before or after the effect.
 * - `partly refused`, `partly lost`: the first statement of a call with several gets an error, without or
 *   with its effect. For other calls, the same as `refused` and `lost`.
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
