/** The `errand/jobs` module, which jobs files import. The module has no dependencies, so job bundles stay small. */
export type { JsonSchema } from './definition-schemas.ts';
export { job, type JobDefinition, type JobOptions, type Json, type RetryOptions } from './definition.ts';
export { FinalError, RetryLaterError } from './errors.ts';
export type { ConcurrencyLimit, RateLimitOptions } from './flow-control.ts';
export { functionJob, type FunctionJobOptions } from './function-job.ts';
export type { JobContext } from './job-context.ts';
export { ChildJobError, StepError } from './steps/step-errors.ts';
export type {
  Approval,
  ApprovalOptions,
  Child,
  ChildOptions,
  Duration,
  MapOptions,
  ReceivedSignal,
  Step,
  StepRunContext,
  StepRunOptions,
  WaitForSignalOptions,
} from './steps/step.ts';
