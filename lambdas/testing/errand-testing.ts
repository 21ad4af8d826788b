/** The `errand/testing` module, which runs jobs in unit tests with any test runner. */
export { effect, type Effect, type EffectOptions } from './effect.ts';
export { runEveryDeath, type EveryDeathOptions } from './every-death.ts';
export type { DeathReport } from './death-report.ts';
export { runJob, type JobRun, type RunJobOptions } from './run-job.ts';
