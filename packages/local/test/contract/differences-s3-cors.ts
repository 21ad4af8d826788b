import type { Difference } from './contract.ts';
import { ACCEPTED } from './world.ts';

const ALLOWED = 'a preflight is allowed by the first rule with its origin, method and headers';
const REFUSED =
  'a preflight is refused for another origin, method or header, without an origin, and without rules or a bucket';
const FORM = 'a page that the rules allow can read the response to its upload form';

/** Descriptions of AWS's behavior in cases where several targets differ from AWS. */
const AWS = {
  allowed:
    'The response has the values of the first rule that allows the request. A header in a rule may contain one wildcard.',
  refused: 'AccessForbidden, 403; without an origin BadRequest, 400.',
  form: 'Only a page that a rule allows gets CORS headers.',
};

const OPEN = {
  'allow-headers': '*',
  'allow-methods': 'GET, POST, PUT, DELETE, HEAD, OPTIONS, PATCH',
  'allow-origin': '*',
  'expose-headers': '*',
};
const OPEN_PREFLIGHT = { status: 200, ...OPEN, 'max-age': '86400' };
const OPEN_FORM = { status: 204, ...OPEN };

const MOTO_METHODS = 'DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT';
const MOTO_MIXED = {
  status: 200,
  'allow-headers': 'x-amz-meta-*',
  'allow-methods': 'GET',
  'allow-origin': 'https://app.example.com',
  'expose-headers': 'etag, x-amz-request-id',
  'max-age': '3000',
};
const MOTO_ALLOWED = {
  status: 200,
  'allow-headers': 'x-amz-meta-*',
  'allow-methods': 'GET, POST',
  'allow-origin': 'https://app.example.com',
  'max-age': '3000',
};
const MOTO_REFUSED = {
  status: 403,
  error: 'AccessForbidden',
  'allow-methods': `GET, POST, ${MOTO_METHODS}`,
};

/** All CORS cases in which MiniStack 1.5.33, moto 5.2.5 or LocalStack 4.14.0 differs from AWS. */
export const s3CorsDifferences: readonly Difference[] = [
  {
    target: 'ministack',
    protocol: 's3',
    case: 'CORS rules with an unknown method, or none at all, are refused',
    does: { method: ACCEPTED, none: ACCEPTED },
    says: 'Accepts both.',
    aws: 'InvalidRequest and MalformedXML, 400.',
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: ALLOWED,
    does: { plain: OPEN_PREFLIGHT, headers: OPEN_PREFLIGHT, other: OPEN_PREFLIGHT },
    says: 'Allows every request of every page, whatever the rules are.',
    aws: AWS.allowed,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: REFUSED,
    does: {
      origin: OPEN_PREFLIGHT,
      method: OPEN_PREFLIGHT,
      header: OPEN_PREFLIGHT,
      anonymous: OPEN_PREFLIGHT,
      rules: OPEN_PREFLIGHT,
      bucket: OPEN_PREFLIGHT,
    },
    says: 'Allows every request of every page, whatever the rules are.',
    aws: AWS.refused,
  },
  {
    target: 'ministack',
    protocol: 's3',
    case: FORM,
    does: { allowed: OPEN_FORM, other: OPEN_FORM, script: OPEN_FORM },
    says: 'Allows every page to read every response.',
    aws: AWS.form,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: ALLOWED,
    does: {
      plain: MOTO_MIXED,
      headers: MOTO_MIXED,
      other: { ...MOTO_REFUSED, 'allow-origin': 'http://random:1234' },
    },
    says: 'Mixes the values of several rules, returns the headers as in the rule, and refuses a page whose origin matches `*` in the second rule.',
    aws: AWS.allowed,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: REFUSED,
    does: {
      origin: { ...MOTO_REFUSED, 'allow-origin': 'http://app.example.com' },
      method: MOTO_ALLOWED,
      header: MOTO_ALLOWED,
      anonymous: { status: 500 },
      rules: { status: 200, 'allow-methods': MOTO_METHODS, 'allow-origin': 'https://app.example.com' },
      bucket: { status: 403, 'allow-methods': MOTO_METHODS, 'allow-origin': 'https://app.example.com' },
    },
    says: 'Compares only the origin, and allows every page if the bucket has no rules. Fails without an origin.',
    aws: AWS.refused,
  },
  {
    target: 'moto',
    protocol: 's3',
    case: FORM,
    does: {
      allowed: { status: 204, vary: 'Origin', 'allow-origin': 'https://app.example.com' },
      other: { status: 204, vary: 'Origin', 'allow-origin': 'http://localhost:1234' },
      script: { status: 204, 'allow-origin': '*' },
    },
    says: 'Allows every page to read every response.',
    aws: AWS.form,
  },
  {
    target: 'localstack',
    protocol: 's3',
    case: ALLOWED,
    does: { headers: { status: 403, error: 'AccessForbidden' } },
    says: 'Knows no wildcard within the name of a header.',
    aws: AWS.allowed,
    page: 'https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html',
  },
  {
    target: 'localstack',
    protocol: 's3',
    case: REFUSED,
    does: { bucket: { status: 403 } },
    says: 'Refuses a preflight for a missing bucket without an error code.',
    aws: AWS.refused,
  },
];
