import { ANY_ORIGIN } from './cors-origin.ts';
import type { ResolvedSettings, SettingName, Settings } from './errand-props.ts';

/** What the explanation of a broken relation is written with. */
export interface Wording {
  /** `JOB_TIMEOUT` or `jobTimeout`, as the reader knows the setting. */
  readonly nameOf: (name: SettingName) => string;
  /** `JOB_TIMEOUT "46"` */
  readonly quote: (name: SettingName) => string;
}

/** Something that must be true of several settings together. */
export interface Relation {
  readonly between: readonly SettingName[];
  /** @param given what somebody wrote down: without the defaults */
  holds(settings: ResolvedSettings, given: Settings): boolean;
  /** What is wrong, why it matters, and what to do: one line. */
  explain(wording: Wording): string;
}

/** What a cluster of the user's own is not told: its owner sets it. */
const clusterCapacity = ['auroraMinAcu', 'auroraMaxAcu', 'auroraAutoPause'] as const;

/** The third of the fields of an ARN that say where it is. */
function regionOf(arn: string | undefined): string | undefined {
  return arn?.split(':')[3];
}

export const relations: readonly Relation[] = [
  {
    between: ['visibilityTimeout', 'jobTimeout'],
    holds: ({ visibilityTimeout, jobTimeout }) => visibilityTimeout.toSeconds() > jobTimeout.toSeconds(),
    explain: ({ nameOf, quote }) =>
      `${quote('visibilityTimeout')} is not longer than ${quote('jobTimeout')}: ` +
      'the message would come back while its job still runs. ' +
      `Give more seconds, or leave ${nameOf('visibilityTimeout')} out to get ten more than ${nameOf('jobTimeout')}.`,
  },
  {
    between: ['dedupWindow', 'retentionDays'],
    // A job ends after its window was opened, so it outlives the window; by a day's seconds at least, clocks aside.
    holds: ({ dedupWindow, retentionDays }) => dedupWindow.toDays({ integral: false }) < retentionDays,
    explain: ({ nameOf, quote }) =>
      `${quote('dedupWindow')} is as long as ${quote('retentionDays')} (days): ` +
      'the job of a duplicate could be deleted by the time it is looked for, and would run again. ' +
      `Give ${nameOf('retentionDays')} more days, or ${nameOf('dedupWindow')} fewer seconds.`,
  },
  {
    between: ['uploadRetentionDays', 'retentionDays'],
    holds: ({ uploadRetentionDays, retentionDays }) => uploadRetentionDays <= retentionDays,
    explain: ({ nameOf, quote }) =>
      `${quote('uploadRetentionDays')} is more than ${quote('retentionDays')}: a file would outlive the job that it was for. ` +
      `Lower ${nameOf('uploadRetentionDays')} or raise ${nameOf('retentionDays')}.`,
  },
  {
    between: ['jobPrefetch', 'reserveConcurrency'],
    holds: ({ jobPrefetch, reserveConcurrency }) => jobPrefetch > 1 || reserveConcurrency,
    explain: ({ nameOf, quote }) =>
      `${quote('jobPrefetch')} with ${quote('reserveConcurrency')} would run two jobs at once: ` +
      'SQS delivers to no fewer than two executions, so only a reservation can hold the limit of one. ' +
      `Give ${nameOf('jobPrefetch')} 2 or more, or ${nameOf('reserveConcurrency')} true.`,
  },
  {
    between: ['auroraMinAcu', 'auroraMaxAcu'],
    holds: ({ auroraMinAcu, auroraMaxAcu }) => auroraMinAcu <= auroraMaxAcu,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraMinAcu')} is more than ${quote('auroraMaxAcu')}: ` +
      `lower ${nameOf('auroraMinAcu')} or raise ${nameOf('auroraMaxAcu')}.`,
  },
  {
    between: ['auroraAutoPause', 'auroraMinAcu'],
    holds: ({ auroraAutoPause, auroraMinAcu }) => auroraAutoPause === undefined || auroraMinAcu === 0,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraAutoPause')} has no meaning with ${quote('auroraMinAcu')}: only a database that may scale to 0 pauses. ` +
      `Leave ${nameOf('auroraAutoPause')} out, or give ${nameOf('auroraMinAcu')} 0.`,
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn === undefined || auroraSecretArn !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraClusterArn')} can't be opened without a secret: ` +
      `give ${nameOf('auroraSecretArn')}, the ARN of the secret with its user and password.`,
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn !== undefined || auroraSecretArn === undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraSecretArn')} opens no cluster: give ${nameOf('auroraClusterArn')}, or leave it out ` +
      'to have a cluster of the stack, which has a secret of its own.',
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    holds: ({ auroraClusterArn: cluster, auroraSecretArn: secret }) =>
      cluster === undefined || secret === undefined || regionOf(cluster) === regionOf(secret),
    explain: ({ quote }) =>
      `${quote('auroraClusterArn')} is in another region than ${quote('auroraSecretArn')}: ` +
      'the Data API takes both from its own. Give a secret of the region of the cluster.',
  },
  {
    between: ['auroraDatabaseName', 'auroraClusterArn'],
    holds: ({ auroraClusterArn }, { auroraDatabaseName }) =>
      auroraDatabaseName === undefined || auroraClusterArn !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraDatabaseName')} has no meaning for the cluster of the stack: ` +
      `leave it out, or give ${nameOf('auroraClusterArn')} and ${nameOf('auroraSecretArn')}.`,
  },
  ...clusterCapacity.map((capacity): Relation => ({
    between: [capacity, 'auroraClusterArn'],
    holds: ({ auroraClusterArn }, given) => given[capacity] === undefined || auroraClusterArn === undefined,
    explain: ({ nameOf, quote }) =>
      `${quote(capacity)} has no effect on ${quote('auroraClusterArn')}: the stack does not change a cluster of yours. ` +
      `Leave ${nameOf(capacity)} out.`,
  })),
  {
    between: ['auth', 'jwtIssuer', 'jwtAudience'],
    holds: ({ auth, jwtIssuer, jwtAudience }) =>
      auth !== 'jwt' || (jwtIssuer !== undefined && jwtAudience.length > 0),
    explain: ({ nameOf, quote }) =>
      `${quote('auth')} takes tokens, and nothing says whose and for whom: ` +
      `give ${nameOf('jwtIssuer')} and ${nameOf('jwtAudience')}.`,
  },
  {
    between: ['auth', 'allowUnauthenticated'],
    holds: ({ auth, allowUnauthenticated }) => auth !== 'none' || allowUnauthenticated,
    explain: ({ nameOf, quote }) =>
      `${quote('auth')} lets anyone on the internet submit and read jobs, and ${quote('allowUnauthenticated')} does not allow that. ` +
      `Give ${nameOf('auth')} api-key, iam or jwt, or ${nameOf('allowUnauthenticated')} true if that is what you want.`,
  },
  {
    between: ['corsOrigins', 'auth'],
    holds: ({ corsOrigins, auth }) => auth !== 'none' || !corsOrigins.includes(ANY_ORIGIN),
    explain: ({ nameOf, quote }) =>
      `${quote('corsOrigins')} with ${quote('auth')} lets every page that anybody opens submit and read jobs, wherever the API is ` +
      `within reach of the browser. Name the origins in ${nameOf('corsOrigins')}, or give ${nameOf('auth')} api-key, iam or jwt.`,
  },
];
