import type { MetricName } from './catalogue.ts';

/** A description of each metric, in one or two sentences, for the reference page and for Prometheus. */
export const metricDescriptions: Readonly<Record<MetricName, string>> = {
  JobsAccepted: 'New jobs that were written, by a client, a schedule or another job.',
  JobsDeduplicated: 'Submissions that matched an existing job.',
  JobsSucceeded: 'Jobs that succeeded.',
  JobsFailed: 'Jobs that failed permanently.',
  JobsCanceled: 'Jobs that ended because a client canceled them.',
  JobsSwept:
    'Jobs that the sweeper sent again, because no worker had claimed them although their queue was empty.',
  AttemptsStarted: 'Attempts that started.',
  AttemptsFailed: 'Attempts whose handler threw an error.',
  AttemptsTimedOut: 'Attempts that exceeded their timeout.',
  AttemptsLost: 'Attempts that ended without a result, because the worker crashed or was stopped.',
  AttemptsThrottled: 'Attempts that did nothing, because the function that they call had no capacity.',
  AttemptsRetried: 'Failed attempts after which the job waits for another attempt.',
  DeadLettersRevived: 'Dead letters of unfinished jobs; the jobs were sent again.',
  DataApiErrors: 'SQL statements that failed permanently. A paused database that is resuming does not count.',
  SettlesFailed:
    'Message batches whose jobs could not be claimed or recorded. The messages are delivered again.',
  WaitingTime: 'The time from when a job was due until its attempt started.',
  RunTime: 'How long the handler ran in one attempt.',
  EndToEndTime:
    'The time from a job’s submission until its last attempt ended. Not measured if the last attempt was lost or the job never ran.',
};
