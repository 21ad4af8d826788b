import { Duration } from 'aws-cdk-lib/core';
import { capacityUnits, seconds, string, trueOrFalse, wholeNumber } from './kinds.ts';
import { derived, setting, unset } from './setting.ts';
import type { Relation } from './setting.ts';

const CLUSTER_ARN = /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-zA-Z][a-zA-Z0-9-]{0,62}$/;
// Requires the six characters that Secrets Manager appends to the name, because IAM compares the whole ARN.
const SECRET_ARN =
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,512}-[A-Za-z0-9]{6}$/;
// PostgreSQL truncates user names after 63 characters, and the functions' user is named `errand_app_<database>`.
const DATABASE_NAME = /^[A-Za-z_][\w-]{0,51}$/;

/** Settings of the Aurora database: its capacity, or the ARN of an existing cluster. */
export const databaseSettings = {
  auroraMinAcu: setting({
    text: 'The database’s minimum capacity, in Aurora capacity units. If the minimum is 0, the database pauses when idle.',
    kind: capacityUnits(
      'a number of Aurora capacity units: 0 (the database pauses when idle) or 0.5 to 256 in steps of 0.5',
      0,
      256,
    ),
    default: 0,
  }),
  auroraMaxAcu: setting({
    text: 'The database’s maximum capacity, in Aurora capacity units.',
    kind: capacityUnits('a number of Aurora capacity units: 1 to 256 in steps of 0.5', 1, 256),
    default: 4,
  }),
  auroraAutoPause: setting({
    text: 'How long the database must be idle before it pauses.',
    kind: seconds(300, 86_400),
    default: derived(
      '300 seconds if `auroraMinAcu` is 0; otherwise the database never pauses',
      ({ auroraMinAcu }: { auroraMinAcu: number }) =>
        auroraMinAcu === 0 ? Duration.seconds(300) : undefined,
    ),
  }),
  auroraReaders: setting({
    text:
      'The number of readers: additional database instances, one of which takes over if the writer fails. Each reader costs as much as ' +
      'the writer while it runs. See [When the database fails](../operations.md#when-the-database-fails).',
    // Aurora's limit: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html
    kind: wholeNumber(0, 15),
    default: 0,
  }),
  auroraRetain: setting({
    text:
      "Whether to keep the stack's cluster, with its instances, master secret and network, when the cluster is removed from the stack. Deploy with `true` " +
      'before you move the jobs to another cluster. See [Restore and move](../how-to/restore-and-move.md).',
    kind: trueOrFalse,
    default: false,
  }),
  auroraClusterArn: setting({
    text:
      'The ARN of your own Aurora PostgreSQL cluster for the jobs. If you set it, the stack creates neither a cluster nor a VPC. ' +
      "Your cluster needs the Data API and must be in the stack's region. This setting requires `auroraSecretArn`. It can't be " +
      "combined with the `vpc` prop or with the settings for the stack's own cluster.",
    kind: string('an ARN such as arn:aws:rds:eu-central-1:123456789012:cluster:jobs', (arn) =>
      CLUSTER_ARN.test(arn),
    ),
    default: unset('none: the stack creates a cluster and a network'),
  }),
  auroraSecretArn: setting({
    text:
      'The full ARN of the secret that contains the credentials for `auroraClusterArn`. The user in the secret must be allowed to ' +
      'create tables in the database and users in the cluster.',
    kind: string(
      'an ARN such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3, including the six characters at its end',
      (arn) => SECRET_ARN.test(arn),
    ),
    default: unset('none'),
  }),
  auroraDatabaseName: setting({
    text:
      'The name of the database in `auroraClusterArn`. The database must exist, and nothing else may use it, because the migrations create ' +
      'their tables in it.',
    kind: string(
      'a database name: a letter or an underscore, then up to 51 letters, digits, underscores or hyphens',
      (name) => DATABASE_NAME.test(name),
    ),
    default: 'errand',
  }),
};

type DatabaseRelation = Relation<typeof databaseSettings>;

const cluster = 'arn:aws:rds:eu-central-1:123456789012:cluster:jobs';
const secret = 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3';

export const databaseRelations: readonly DatabaseRelation[] = [
  {
    between: ['auroraMinAcu', 'auroraMaxAcu'],
    example: { auroraMinAcu: 8, auroraMaxAcu: 4 },
    holds: ({ auroraMinAcu, auroraMaxAcu }) => auroraMinAcu <= auroraMaxAcu,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraMinAcu')} is more than ${quote('auroraMaxAcu')}: ` +
      `lower ${nameOf('auroraMinAcu')} or raise ${nameOf('auroraMaxAcu')}.`,
  },
  {
    between: ['auroraAutoPause', 'auroraMinAcu'],
    example: { auroraMinAcu: 0.5, auroraAutoPause: Duration.seconds(300) },
    holds: ({ auroraAutoPause, auroraMinAcu }) => auroraAutoPause === undefined || auroraMinAcu === 0,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraAutoPause')} has no effect with ${quote('auroraMinAcu')}, because only a database that can scale to 0 pauses. ` +
      `Omit ${nameOf('auroraAutoPause')}, or set ${nameOf('auroraMinAcu')} to 0.`,
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    example: { auroraClusterArn: cluster },
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn === undefined || auroraSecretArn !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraClusterArn')} needs a secret: ` +
      `set ${nameOf('auroraSecretArn')} to the ARN of the secret with the cluster's user and password.`,
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    example: { auroraSecretArn: secret },
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn !== undefined || auroraSecretArn === undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraSecretArn')} has no cluster: set ${nameOf('auroraClusterArn')}, or omit the secret, ` +
      'so that the stack creates a cluster with its own secret.',
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    example: { auroraClusterArn: cluster, auroraSecretArn: secret.replace('eu-central-1', 'us-east-1') },
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn === undefined ||
      auroraSecretArn === undefined ||
      regionOf(auroraClusterArn) === regionOf(auroraSecretArn),
    explain: ({ quote }) =>
      `${quote('auroraClusterArn')} and ${quote('auroraSecretArn')} are in different regions, but ` +
      "the Data API needs both in its own region. Use a secret in the cluster's region.",
  },
  {
    between: ['auroraDatabaseName', 'auroraClusterArn'],
    example: { auroraDatabaseName: 'jobs' },
    holds: ({ auroraClusterArn }, { auroraDatabaseName }) =>
      auroraDatabaseName === undefined || auroraClusterArn !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraDatabaseName')} has no effect on the stack's own cluster: ` +
      `omit it, or set ${nameOf('auroraClusterArn')} and ${nameOf('auroraSecretArn')}.`,
  },
  notWithYourCluster('auroraMinAcu', { auroraMinAcu: 2 }),
  notWithYourCluster('auroraMaxAcu', { auroraMaxAcu: 8 }),
  notWithYourCluster('auroraAutoPause', { auroraAutoPause: Duration.seconds(300) }),
  notWithYourCluster('auroraReaders', { auroraReaders: 1 }),
  notWithYourCluster('auroraRetain', { auroraRetain: true }),
];

/** Returns the rule that forbids combining a setting for the stack's own cluster with an existing cluster. */
function notWithYourCluster(
  name: 'auroraMinAcu' | 'auroraMaxAcu' | 'auroraAutoPause' | 'auroraReaders' | 'auroraRetain',
  example: DatabaseRelation['example'],
): DatabaseRelation {
  return {
    between: [name, 'auroraClusterArn'],
    example: { ...example, auroraClusterArn: cluster, auroraSecretArn: secret },
    holds: ({ auroraClusterArn }, given) => given[name] === undefined || auroraClusterArn === undefined,
    explain: ({ nameOf, quote }) =>
      `${quote(name)} has no effect on ${quote('auroraClusterArn')}, because the stack does not change your own cluster. ` +
      `Omit ${nameOf(name)}.`,
  };
}

/** Returns an ARN's region, which is the ARN's fourth field. */
function regionOf(arn: string): string | undefined {
  return arn.split(':')[3];
}
