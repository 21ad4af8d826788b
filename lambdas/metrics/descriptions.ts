import type { MetricName } from './catalogue.ts';

/** What each metric counts or measures, one sentence each: for the reference page and for Prometheus. */
export const metricDescriptions: Readonly<Record<MetricName, string>> = {
  JobsAccepted: 'New jobs that were written, by a client, a schedule or another job.',
  JobsDeduplicated: 'Submissions that led to a job that was there already.',
  JobsSucceeded: 'Jobs that succeeded.',
  JobsFailed: 'Jobs that failed for good.',
  JobsCanceled: 'Jobs that ended because a client canceled them.',
  JobsSwept:
    'Jobs that the sweeper sent again, because no worker had claimed them although their queue was empty.',
  AttemptsStarted: 'Attempts that started.',
  AttemptsFailed: 'Attempts whose handler threw an error.',
  AttemptsTimedOut: 'Attempts that exceeded their timeout.',
  AttemptsLost: 'Attempts that ended without an answer, because the worker crashed or was stopped.',
  AttemptsThrottled: 'Attempts that did nothing, because what they call had no capacity.',
  AttemptsRetried: 'Attempts after which the job waits for another one.',
  DeadLettersRevived: 'Dead letters of jobs that had not ended: the jobs were sent again.',
  DataApiErrors: 'SQL statements that failed for good. A paused database that resumes is no failure.',
  SettlesFailed: 'Batches of messages whose jobs could not be claimed or recorded. The messages come back.',
  WaitingTime: 'From the moment when a job was due until its attempt started.',
  RunTime: 'How long the handler ran in one attempt.',
  EndToEndTime:
    'From the submission of a job until the end of its last attempt. A job that ended otherwise has none: its attempt was lost, or it never ran.',
};
