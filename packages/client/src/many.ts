import type { ErrandError } from './errand-error.ts';
import type { PayloadOf, PayloadProperty, Signals, TypeName } from './job-types.ts';
import type { Run } from './run.ts';
import type { SubmissionOptions } from './submission.ts';

/** One submission in a `submitMany` call. */
export type ManySubmission<Types> = {
  [Type in TypeName<Types>]: { readonly type: Type } & PayloadProperty<PayloadOf<Types, Type>> &
    SubmissionOptions;
}[TypeName<Types>];

/** The outcome of one submission in a `submitMany` call. */
export type ManyOutcome<Result, OwnSignals = Signals> =
  | { readonly run: Run<Result, OwnSignals>; readonly error?: undefined }
  | { readonly run?: undefined; readonly error: ErrandError };
