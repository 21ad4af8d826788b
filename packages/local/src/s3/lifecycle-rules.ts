import { invalidArgument, notImplemented } from './s3-error.ts';
import { childrenOf, readXml, textOf, type XmlElement } from './xml.ts';

/** When the objects below a prefix expire. */
export interface LifecycleRule {
  readonly id: string;
  readonly prefix: string;
  readonly enabled: boolean;
  /** Undefined for a rule about uploads in parts alone, of which there are none here. */
  readonly expirationDays: number | undefined;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const KNOWN = new Set([
  'ID',
  'Status',
  'Prefix',
  'Filter',
  'Expiration',
  // There are no uploads in parts here that could be left unfinished.
  'AbortIncompleteMultipartUpload',
]);

/**
 * Reads the body of PutBucketLifecycleConfiguration.
 * @throws S3Error for what is no such document, or asks for what the embedded S3 does not do
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
    };
  });
}

/** When an object expires by these rules, in milliseconds since the epoch; undefined if by none. */
export function expiryOf(
  object: { readonly key: string; readonly modifiedAt: number },
  rules: readonly LifecycleRule[],
): number | undefined {
  const expiries = rules
    .filter(({ enabled, prefix }) => enabled && object.key.startsWith(prefix))
    // As in AWS: so many days later, and then at the next midnight in UTC.
    .flatMap(({ expirationDays: days }) =>
      days === undefined ? [] : [Math.ceil(object.modifiedAt / DAY_MS + days) * DAY_MS],
    );
  return expiries.length > 0 ? Math.min(...expiries) : undefined;
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
