import { Duration } from 'aws-cdk-lib/core';
import { capacityUnits, seconds, string, trueOrFalse, wholeNumber } from './kinds.ts';
import { derived, setting, unset } from './setting.ts';
import type { Relation } from './setting.ts';

const CLUSTER_ARN = /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-zA-Z][a-zA-Z0-9-]{0,62}$/;
// Includes the six characters that Secrets Manager appends to the name: IAM compares the whole ARN.
const SECRET_ARN =
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,512}-[A-Za-z0-9]{6}$/;
// Postgres truncates user names after 63 characters, and the functions' user is called `errand_app_<database>`.
const DATABASE_NAME = /^[A-Za-z_][\w-]{0,51}$/;

/** The Aurora database: its capacity, or a cluster that you already have. */
export const databaseSettings = {
  auroraMinAcu: setting({
    text: "The database's minimum capacity, in Aurora capacity units. With 0, the database pauses when it is idle.",
    kind: capacityUnits(
      'a number of Aurora capacity units: 0 (it pauses when idle) or 0.5 to 256 in steps of 0.5',
      0,
      256,
    ),
    default: 0,
  }),
  auroraMaxAcu: setting({
    text: "The database's maximum capacity, in Aurora capacity units.",
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
      'The number of readers: additional database instances, one of which takes over if the writer fails. While it ' +
      'runs, a reader costs as much as the writer. See [When the database ' +
      'fails](../operations.md#when-the-database-fails).',
    // Aurora's limit: https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Aurora.Replication.html
    kind: wholeNumber(0, 15),
    default: 0,
  }),
  auroraRetain: setting({
    text:
      "Whether to keep the stack's cluster, with its instances, master secret and network, when it is removed from the stack. Deploy with `true` " +
      'before you move the jobs to another cluster. See [Restore and move](../how-to/restore-and-move.md).',
    kind: trueOrFalse,
    default: false,
  }),
  auroraClusterArn: setting({
    text:
      'The ARN of your own Aurora PostgreSQL cluster, in which to store the jobs: the stack then has neither a cluster ' +
      "nor a VPC. The cluster needs the Data API, and must be in the stack's region. Requires `auroraSecretArn`; can't " +
      "be combined with the `vpc` prop, or with the settings of the stack's cluster.",
    kind: string('an ARN such as arn:aws:rds:eu-central-1:123456789012:cluster:jobs', (arn) =>
      CLUSTER_ARN.test(arn),
    ),
    default: unset('the stack creates a cluster, and a network for it'),
  }),
  auroraSecretArn: setting({
    text:
      'The full ARN of the secret with the credentials for `auroraClusterArn`. The user must be allowed to create ' +
      'tables in the database, and to create users.',
    kind: string(
      'an ARN such as arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3, with the six characters at its end',
      (arn) => SECRET_ARN.test(arn),
    ),
    default: unset('none'),
  }),
  auroraDatabaseName: setting({
    text:
      'The name of the database in `auroraClusterArn`. The database must exist, and be used only by Errand: the ' +
      'migrations create their tables in it.',
    kind: string(
      'the name of a database: a letter or an underscore, then up to 51 letters, digits, underscores or hyphens',
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
      `${quote('auroraAutoPause')} has no meaning with ${quote('auroraMinAcu')}: only a database that may scale to 0 pauses. ` +
      `Leave ${nameOf('auroraAutoPause')} out, or give ${nameOf('auroraMinAcu')} 0.`,
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    example: { auroraClusterArn: cluster },
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn === undefined || auroraSecretArn !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraClusterArn')} can't be opened without a secret: ` +
      `give ${nameOf('auroraSecretArn')}, the ARN of the secret with its user and password.`,
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    example: { auroraSecretArn: secret },
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn !== undefined || auroraSecretArn === undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraSecretArn')} opens no cluster: give ${nameOf('auroraClusterArn')}, or leave the secret out ` +
      'and the stack creates a cluster with its own secret.',
  },
  {
    between: ['auroraClusterArn', 'auroraSecretArn'],
    example: { auroraClusterArn: cluster, auroraSecretArn: secret.replace('eu-central-1', 'us-east-1') },
    holds: ({ auroraClusterArn, auroraSecretArn }) =>
      auroraClusterArn === undefined ||
      auroraSecretArn === undefined ||
      regionOf(auroraClusterArn) === regionOf(auroraSecretArn),
    explain: ({ quote }) =>
      `${quote('auroraClusterArn')} is in another region than ${quote('auroraSecretArn')}: ` +
      "the Data API looks for both in its own region. Give a secret in the cluster's region.",
  },
  {
    between: ['auroraDatabaseName', 'auroraClusterArn'],
    example: { auroraDatabaseName: 'jobs' },
    holds: ({ auroraClusterArn }, { auroraDatabaseName }) =>
      auroraDatabaseName === undefined || auroraClusterArn !== undefined,
    explain: ({ nameOf, quote }) =>
      `${quote('auroraDatabaseName')} has no meaning for the cluster of the stack: ` +
      `leave it out, or give ${nameOf('auroraClusterArn')} and ${nameOf('auroraSecretArn')}.`,
  },
  notWithYourCluster('auroraMinAcu', { auroraMinAcu: 2 }),
  notWithYourCluster('auroraMaxAcu', { auroraMaxAcu: 8 }),
  notWithYourCluster('auroraAutoPause', { auroraAutoPause: Duration.seconds(300) }),
  notWithYourCluster('auroraReaders', { auroraReaders: 1 }),
  notWithYourCluster('auroraRetain', { auroraRetain: true }),
];

/** Describes a setting of the stack's own cluster. */
function notWithYourCluster(
  name: 'auroraMinAcu' | 'auroraMaxAcu' | 'auroraAutoPause' | 'auroraReaders' | 'auroraRetain',
  example: DatabaseRelation['example'],
): DatabaseRelation {
  return {
    between: [name, 'auroraClusterArn'],
    example: { ...example, auroraClusterArn: cluster, auroraSecretArn: secret },
    holds: ({ auroraClusterArn }, given) => given[name] === undefined || auroraClusterArn === undefined,
    explain: ({ nameOf, quote }) =>
      `${quote(name)} has no effect on ${quote('auroraClusterArn')}: the stack does not change your own cluster. ` +
      `Leave ${nameOf(name)} out.`,
  };
}

/** The fourth field of an ARN. */
function regionOf(arn: string): string | undefined {
  return arn.split(':')[3];
}
