import { invalidArgument, notImplemented } from './s3-error.ts';
import { childrenOf, readXml, textOf, type XmlElement } from './xml.ts';

/** A lifecycle rule for the objects and uploads under a prefix. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly enabled: boolean;
  /** The number of days until objects expire; undefined if this rule doesn't expire objects. */
  readonly expirationDays: number | undefined;
  /** The number of days until an unfinished multipart upload is removed; undefined if this rule doesn't remove uploads. */
  readonly abortDays?: number | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const KNOWN = new Set(['ID', 'Status', 'Prefix', 'Filter', 'Expiration', 'AbortIncompleteMultipartUpload']);

/**
 * Parses the body of a PutBucketLifecycleConfiguration request.
 * @throws S3Error for invalid XML, or an unsupported rule
 */
export function readLifecycleRules(document: string): LifecycleRule[] {
  return childrenOf(readXml(document), 'Rule').map((rule) => {
    const unknown = rule.children.find(({ name }) => !KNOWN.has(name));
    if (unknown) throw notImplemented(`${unknown.name} in a lifecycle rule`);
    return {
      id: textOf(rule, 'ID') ?? '',
      prefix: prefixOf(rule),
      enabled: textOf(rule, 'Status') === 'Enabled',
      expirationDays: expirationDaysOf(rule),
      abortDays: abortDaysOf(rule),
    };
  });
}

/** Returns an object's expiry time under these rules, in milliseconds since the epoch, or undefined if the object never expires. */
export function expiryOf(
  { key, modifiedAt }: { readonly key: string; readonly modifiedAt: number },
  rules: readonly LifecycleRule[],
): number | undefined {
  return firstEnd(
    modifiedAt,
    rulesFor(key, rules).map(({ expirationDays }) => expirationDays),
  );
}

/**
 * Returns the time at which these rules remove an unfinished multipart upload, in milliseconds since the epoch, or undefined if they never do.
 */
export function abortOf(
  { key, createdAt }: { readonly key: string; readonly createdAt: number },
  rules: readonly LifecycleRule[],
): number | undefined {
  return firstEnd(
    createdAt,
    rulesFor(key, rules).map(({ abortDays }) => abortDays),
  );
}

function rulesFor(key: string, rules: readonly LifecycleRule[]): LifecycleRule[] {
  return rules.filter(({ enabled, prefix }) => enabled && key.startsWith(prefix));
}

/** Returns the earliest expiry. As in AWS, an expiry is a number of days after `from`, rounded up to the next midnight UTC. */
function firstEnd(from: number, days: readonly (number | undefined)[]): number | undefined {
  const ends = days.flatMap((count) =>
    count === undefined ? [] : [Math.ceil(from / DAY_MS + count) * DAY_MS],
  );
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

function prefixOf(rule: XmlElement): string {
  const [filter] = childrenOf(rule, 'Filter');
  const other = filter?.children.find(({ name }) => name !== 'Prefix');
  if (other) throw notImplemented(`${other.name} in the filter of a lifecycle rule`);
  return (filter && textOf(filter, 'Prefix')) ?? textOf(rule, 'Prefix') ?? '';
}

function expirationDaysOf(rule: XmlElement): number | undefined {
  const [expiration] = childrenOf(rule, 'Expiration');
  if (!expiration) return undefined;
  const days = Number(textOf(expiration, 'Days'));
  if (expiration.children.some(({ name }) => name !== 'Days')) {
    throw notImplemented('a lifecycle expiration other than by Days');
  }
  if (!Number.isInteger(days) || days < 1) {
    throw invalidArgument("'Days' for Expiration action must be a positive integer", 'Days', days);
  }
  return days;
}

function abortDaysOf(rule: XmlElement): number | undefined {
  const [abort] = childrenOf(rule, 'AbortIncompleteMultipartUpload');
  if (!abort) return undefined;
  const days = Number(textOf(abort, 'DaysAfterInitiation'));
  if (Number.isInteger(days) && days >= 1) return days;
  throw invalidArgument(
    "'DaysAfterInitiation' for AbortIncompleteMultipartUpload action must be a positive integer",
    'DaysAfterInitiation',
    days,
  );
}
