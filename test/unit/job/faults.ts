/**
 * What may happen to one call to a store:
 * - `refused`: it certainly has no effect, and the caller is told so as far as that store can tell.
 * - `resuming`: the same, because the database resumes from its pause.
 * - `lost`: it has its effect, and the answer is lost.
 * - `late`: the caller gives up, and the effect comes some time later.
 * - `doubled`: the SDK sends it again because the first answer was lost, and the second answer arrives.
 * - `died before`, `died after`: the process ends, before or after the effect.
 * - `partly refused`, `partly lost`: the first statement of a call with several is answered with an error, and has no effect or has its effect. The
 *   same as `refused` and `lost` for other calls.
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

/** The calls of one submission in the order it makes them, with what happens to each; the rest go well. */
export type Faults = readonly (Fault | 'none')[];
