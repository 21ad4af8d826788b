import { invalidArgument, S3Error } from './s3-error.ts';
import { isSameSignature, readCredential, signatureOf } from './signature.ts';

/** The file sizes that a form's policy allows, in bytes. */
export interface ContentLengthRange {
  readonly min: number;
  readonly max: number;
}

type Condition =
  | { readonly operator: 'eq' | 'starts-with'; readonly field: string; readonly value: string }
  | { readonly operator: 'content-length-range'; readonly range: ContentLengthRange };

interface Policy {
  /** The time at which the policy expires, in milliseconds since the epoch. */
  readonly expiration: number;
  readonly conditions: readonly Condition[];
}

/** Matches form fields that a policy need not mention. */
const UNCONDITIONED = /^(policy|x-amz-signature|file|x-ignore-.*)$/;

const REQUIRED = ['key', 'policy', 'x-amz-algorithm', 'x-amz-credential', 'x-amz-date', 'x-amz-signature'];

/**
 * Checks an upload form's fields against the form's policy, and the policy against its signature.
 * @param fields all fields before the file, with names in lower case
 * @returns the conditions on the file's size, all of which must hold
 * @throws S3Error with S3's error code
 */
export function checkPolicy(
  fields: ReadonlyMap<string, string>,
  { bucket, secretAccessKey, now }: { bucket: string; secretAccessKey: string; now: number },
): ContentLengthRange[] {
  if (!fields.has('policy')) throw new S3Error(403, 'AccessDenied', 'Access Denied');
  const missing = REQUIRED.find((name) => !fields.has(name));
  if (missing !== undefined) {
    throw invalidArgument(
      `Bucket POST must contain a field named '${missing}'.  If it is specified, please check the order of the fields.`,
      missing,
    );
  }
  const encoded = fields.get('policy') ?? '';
  checkSignature(fields, encoded, secretAccessKey);
  const policy = readPolicy(Buffer.from(encoded, 'base64').toString());
  if (now >= policy.expiration) throw denied('Policy expired.');

  const conditioned = new Set<string>();
  const ranges: ContentLengthRange[] = [];
  for (const condition of policy.conditions) {
    if (condition.operator === 'content-length-range') {
      ranges.push(condition.range);
      continue;
    }
    const { operator, field, value } = condition;
    const given = field === 'bucket' ? bucket : (fields.get(field) ?? '');
    const holds = operator === 'eq' ? given === value : given.startsWith(value);
    if (!holds) {
      const written = [operator, `$${field}`, value].map((part) => JSON.stringify(part)).join(', ');
      throw denied(`Policy Condition failed: [${written}]`);
    }
    conditioned.add(field);
  }
  const extra = [...fields.keys()].filter((name) => !UNCONDITIONED.test(name) && !conditioned.has(name));
  if (extra.length > 0) throw denied(`Extra input fields: ${extra.join(', ')}`);
  return ranges;
}

/** @throws S3Error EntityTooLarge as soon as the maximum is exceeded; EntityTooSmall if the whole file is below the minimum */
export function checkContentLength(
  bytes: number,
  ranges: readonly ContentLengthRange[],
  isWhole: boolean,
): void {
  for (const { min, max } of ranges) {
    if (bytes > max) {
      throw new S3Error(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
        ProposedSize: bytes,
        MaxSizeAllowed: max,
      });
    }
    if (isWhole && bytes < min) {
      throw new S3Error(
        400,
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        {
          ProposedSize: bytes,
          MinSizeAllowed: min,
        },
      );
    }
  }
}

function checkSignature(
  fields: ReadonlyMap<string, string>,
  encodedPolicy: string,
  secretAccessKey: string,
): void {
  const [algorithm, credential] = [fields.get('x-amz-algorithm'), fields.get('x-amz-credential') ?? ''];
  if (algorithm !== 'AWS4-HMAC-SHA256') {
    throw invalidArgument('X-Amz-Algorithm only supports "AWS4-HMAC-SHA256"', 'X-Amz-Algorithm', algorithm);
  }
  const scope = readCredential(credential);
  if (!scope) {
    throw invalidArgument(
      'the Credential is mal-formed; expecting "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request".',
      'X-Amz-Credential',
      credential,
    );
  }
  const expected = signatureOf(encodedPolicy, scope, secretAccessKey);
  if (!isSameSignature(fields.get('x-amz-signature') ?? '', expected)) {
    throw new S3Error(
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
      { AWSAccessKeyId: scope.accessKeyId },
    );
  }
}

function readPolicy(text: string): Policy {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalidPolicy('Invalid JSON.');
  }
  const { expiration, conditions } = (document ?? {}) as { expiration?: unknown; conditions?: unknown };
  if (typeof expiration !== 'string') throw invalidPolicy('Policy missing expiration.');
  const expiresAt = Date.parse(expiration);
  if (Number.isNaN(expiresAt)) throw invalidPolicy(`Invalid 'expiration' value: '${expiration}'`);
  if (!Array.isArray(conditions)) throw invalidPolicy('Policy missing conditions.');
  return { expiration: expiresAt, conditions: conditions.flatMap(readConditions) };
}

/**
 * Parses conditions such as `{"acl": "private"}`, `["eq", "$acl", "private"]`, `["starts-with", "$key", "a/"]` and
 * `["content-length-range", 0, 9]`.
 */
function readConditions(given: unknown): Condition[] {
  if (!Array.isArray(given)) {
    return Object.entries(given ?? {}).map(([field, value]) => ({
      operator: 'eq',
      field: field.toLowerCase(),
      value: String(value),
    }));
  }
  const parts: unknown[] = given;
  const [name, second, third] = parts;
  const operator = String(name).toLowerCase();
  if (parts.length !== 3) throw invalidPolicy('Invalid Condition: wrong number of arguments.');
  if (operator === 'content-length-range') {
    const range = { min: Number(second), max: Number(third) };
    if (!(range.min >= 0 && range.max >= 0)) throw invalidPolicy('Invalid content-length-range.');
    return [{ operator, range }];
  }
  if (operator !== 'eq' && operator !== 'starts-with') {
    throw invalidPolicy(`Invalid Simple-Condition: unknown operation '${operator}'.`);
  }
  const field = String(second);
  if (!field.startsWith('$')) throw invalidPolicy(`Invalid Condition: '${field}' must start with a dollar.`);
  return [{ operator, field: field.slice(1).toLowerCase(), value: String(third) }];
}

function denied(reason: string): S3Error {
  return new S3Error(403, 'AccessDenied', `Invalid according to Policy: ${reason}`);
}

function invalidPolicy(reason: string): S3Error {
  return new S3Error(400, 'InvalidPolicyDocument', `Invalid Policy: ${reason}`);
}
