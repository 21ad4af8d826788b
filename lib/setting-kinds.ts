import { isTenant, TENANT_EXPECTED } from '../access/tenant.ts';
import { Duration } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import { ANY_ORIGIN, isCorsOrigin } from './cors-origin.ts';
import type { Auth, SettingName, Settings } from './errand-props.ts';
import { isHostEntry } from './host-entry.ts';
import { isIssuer } from './jwt-issuer.ts';
import { isMessagesUrl } from './messages-url.ts';

/** One kind of value: how it is written in the environment, and which values AWS and the design accept. */
export interface Kind<Value = unknown> {
  /** What to give instead of a refused value. */
  readonly expected: string;
  /** The value that a text stands for, or undefined if it stands for none. */
  parse(text: string): Value | undefined;
  accepts(value: Value): boolean;
  /** The part of a refused value that is wrong; undefined where it is the whole. */
  culprit?(value: Value): string | undefined;
  /** The value as it would be written in the environment. */
  show(value: Value): string;
}

/** Only plain digits: `1e3`, `0x10`, `46s` and ` 46` are slips, not numbers. */
const DIGITS = /^\d{1,9}$/;
const DECIMAL = /^\d{1,6}(\.\d{1,6})?$/;

function wholeNumber(min: number, max: number): Kind<number> {
  return {
    expected: `a whole number from ${min} to ${max}`,
    parse: (text) => (DIGITS.test(text) ? Number(text) : undefined),
    accepts: (value) => Number.isInteger(value) && value >= min && value <= max,
    show: String,
  };
}

function seconds(min: number, max: number): Kind<Duration> {
  const number = wholeNumber(min, max);
  const count = (value: Duration): number => value.toSeconds({ integral: false });
  return {
    expected: `a whole number of seconds from ${min} to ${max}`,
    parse: (text) => (DIGITS.test(text) ? Duration.seconds(Number(text)) : undefined),
    accepts: (value) => number.accepts(count(value)),
    show: (value) => number.show(count(value)),
  };
}

/** Aurora counts capacity in halves of a unit. */
function capacity(expected: string, inRange: (units: number) => boolean): Kind<number> {
  return {
    expected,
    parse: (text) => (DECIMAL.test(text) ? Number(text) : undefined),
    accepts: (value) => Number.isInteger(value * 2) && inRange(value),
    show: String,
  };
}

function oneOf<Value extends string | number | boolean>(values: readonly Value[]): Kind<Value> {
  return {
    expected: `one of ${values.join(', ')}`,
    parse: (text) => values.find((value) => String(value) === text),
    accepts: (value) => values.includes(value),
    show: String,
  };
}

function text(expected: string, accepts: (value: string) => boolean): Kind<string> {
  return { expected, parse: (given) => given, accepts, show: String };
}

/** Lambda takes 4 KB for all variables of a function; the others need less than half of it. */
const MAX_HOST_LIST = 2_000;

const hostList: Kind<readonly string[]> = {
  expected:
    'hosts with commas between them, such as example.com, example.com:8443, *.example.com or, for development, ' +
    `http://127.0.0.1:8080 (up to ${MAX_HOST_LIST} characters)`,
  parse: (text) => text.split(',').map((entry) => entry.trim()),
  accepts: (value) => value.every(isHostEntry) && value.join(',').length <= MAX_HOST_LIST,
  culprit: (value) => value.find((entry) => !isHostEntry(entry)),
  show: (value) => value.join(','),
};

const corsOrigins: Kind<readonly string[]> = {
  expected:
    'origins with commas between them, without a path or a slash at the end, such as https://app.example.com or, for ' +
    `development, http://localhost:5173; or ${ANY_ORIGIN} alone for all of them`,
  parse: (text) => text.split(',').map((entry) => entry.trim()),
  accepts: (value) => (value.length === 1 && value[0] === ANY_ORIGIN) || value.every(isCorsOrigin),
  culprit: (value) => value.find((entry) => !isCorsOrigin(entry)),
  show: (value) => value.join(','),
};

const messagesUrl = text(
  'an https URL without a user name, such as https://example.com/messages, or, for development, http with a loopback ' +
    'address, such as http://127.0.0.1:8080/messages',
  isMessagesUrl,
);

/** API Gateway takes fifty audiences of an authorizer. */
const audiences: Kind<readonly string[]> = {
  expected: 'up to 50 audiences with commas between them',
  parse: (text) => text.split(',').map((entry) => entry.trim()),
  accepts: (value) => value.length <= 50 && value.every((entry) => /^\P{Cc}+$/u.test(entry)),
  show: (value) => value.join(','),
};

function arn(example: string, pattern: RegExp): Kind<string> {
  return {
    expected: `an ARN such as ${example}`,
    parse: (text) => text,
    accepts: (value) => pattern.test(value),
    show: String,
  };
}

const clusterArn = arn(
  'arn:aws:rds:eu-central-1:123456789012:cluster:jobs',
  /^arn:aws[a-z-]*:rds:[a-z0-9-]+:\d{12}:cluster:[a-zA-Z][a-zA-Z0-9-]{0,62}$/,
);

// With the six characters that Secrets Manager puts after the name: IAM compares the ARN of a grant with the whole of it.
const secretArn = arn(
  'arn:aws:secretsmanager:eu-central-1:123456789012:secret:jobs-a1B2c3, with the six characters at its end',
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@!-]{1,512}-[A-Za-z0-9]{6}$/,
);

// Postgres cuts the name of a user after 63 characters, and that of the functions' user is `errand_app_` and this.
const databaseName: Kind<string> = {
  expected:
    'the name of a database: a letter or an underscore, then up to 51 letters, digits, underscores or hyphens',
  parse: (text) => text,
  accepts: (value) => /^[A-Za-z_][\w-]{0,51}$/.test(value),
  show: String,
};

/** The retention periods of CloudWatch Logs, in days; CDK's "infinite" is no period. */
const retentionPeriods = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

/** Every setting's kind. The limits are those of AWS, except where a line says otherwise. */
export const kinds: { readonly [Name in SettingName]: Kind<NonNullable<Settings[Name]>> } = {
  // Lambda ends every invocation after 15 minutes.
  jobTimeout: seconds(1, 900),
  // 1000 is the most that MaximumConcurrency of an SQS event source mapping takes.
  jobPrefetch: wholeNumber(1, 1000),
  // The function runs a batch side by side in one process: more would share too little of it.
  jobBatchSize: wholeNumber(1, 10),
  // SQS hides a message for 12 hours at the most.
  visibilityTimeout: seconds(1, 43_200),
  // Ours: the table of the window is for short-lived keys, and costs by what it keeps.
  dedupWindow: seconds(1, 86_400),
  // Ours: a lost message must not hold up its job for longer than an hour.
  sweepAfter: seconds(1, 3600),
  auroraMinAcu: capacity(
    'a number of Aurora capacity units: 0 (it pauses when idle) or 0.5 to 256 in steps of 0.5',
    (units) => units >= 0 && units <= 256,
  ),
  auroraMaxAcu: capacity(
    'a number of Aurora capacity units: 1 to 256 in steps of 0.5',
    (units) => units >= 1 && units <= 256,
  ),
  auroraAutoPause: seconds(300, 86_400),
  auroraClusterArn: clusterArn,
  auroraSecretArn: secretArn,
  auroraDatabaseName: databaseName,
  deletionProtection: oneOf([true, false]),
  reserveConcurrency: oneOf([true, false]),
  auth: oneOf<Auth>(['api-key', 'iam', 'jwt', 'none']),
  jwtIssuer: text(
    'an https URL without a query, such as https://example.eu.auth0.com/, or, for development, http with a loopback address',
    isIssuer,
  ),
  jwtAudience: audiences,
  jwtTenantClaim: text('the name of a claim, up to 100 characters', (name) => /^[^\s\0]{1,100}$/.test(name)),
  // A character of OAuth's scopes is printable, and neither a space, a quotation mark nor a backslash.
  jwtScopePrefix: text('up to 100 characters that a scope may have', (prefix) =>
    /^[!#-[\]-~]{1,100}$/.test(prefix),
  ),
  defaultTenant: text(TENANT_EXPECTED, isTenant),
  // Ours: more is no limit, for the worker takes longer than a day for a million jobs of a few seconds.
  tenantMaxJobsInFlight: wholeNumber(0, 1_000_000),
  // What the stage lets through unless it is told otherwise: 500 requests a second, of batches of 100.
  tenantSubmissionsPerSecond: wholeNumber(0, 50_000),
  // What API Gateway lets through of a whole account, unless it was raised: more would limit nothing.
  apiRateLimit: wholeNumber(1, 10_000),
  apiBurstLimit: wholeNumber(1, 5000),
  corsOrigins,
  allowUnauthenticated: oneOf([true, false]),
  logRetentionDays: oneOf(retentionPeriods),
  // Ours: ten years are an archive, which a table of jobs is not.
  retentionDays: wholeNumber(1, 3650),
  // Ours: files are the input of jobs, not an archive.
  uploadRetentionDays: wholeNumber(1, 365),
  webhookAllowedHosts: hostList,
  messagesUrl,
};
