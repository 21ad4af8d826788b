import { headerOf, setHeader, type Mutation } from './draft.ts';

const TEXTS = [
  ...[
    '',
    ' ',
    '%',
    '%00',
    '%ff',
    '\xff\xfe',
    '\x01',
    '*',
    '"',
    "'",
    ',',
    ';',
    '=',
    '..',
    '/',
    '//',
    '-1',
    '1e999',
    'NaN',
  ],
  ...[
    'null',
    'undefined',
    '__proto__',
    'constructor',
    'toString',
    '[object Object]',
    '0',
    '99999999999999999999',
  ],
  ...[
    'x'.repeat(3000),
    'a,b',
    'bytes=-',
    'bytes=0-99999999999999999999',
    'AWS4-HMAC-SHA256',
    '<x>&amp;',
    '${filename}',
  ],
];

const OPERATIONS = [
  '',
  '.',
  'x.',
  '.x',
  'a.__proto__',
  'a.constructor',
  'a.toString',
  'AmazonSQS.SendMessage',
  'x'.repeat(5000),
];

const TYPES = [
  ...[
    'application/json',
    'application/x-amz-json-1.0',
    'application/cbor',
    'application/xml',
    'text/plain',
    '',
  ],
  ...[
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=B',
    'multipart/form-data',
    'application/cbor;;;',
  ],
];

/** Names of existing and unknown services. */
const SERVICES = [
  ...[
    'sqs',
    'dynamodb',
    'rds-data',
    's3',
    'lambda',
    'scheduler',
    'secretsmanager',
    'ssm',
    'sts',
    'monitoring',
  ],
  ...[
    'logs',
    'cloudformation',
    'ec2',
    'iam',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '\xff',
    'x'.repeat(500),
  ],
];

/** Headers that change the behavior of at least one operation. */
const MEANINGFUL = [
  ...[
    'x-amz-target',
    'content-type',
    'authorization',
    'x-amz-content-sha256',
    'content-encoding',
    'smithy-protocol',
  ],
  ...[
    'x-amz-decoded-content-length',
    'x-amz-trailer',
    'x-amz-copy-source',
    'range',
    'if-match',
    'if-none-match',
    'if-modified-since',
  ],
  ...[
    'x-amz-checksum-crc32',
    'x-amz-meta-a',
    'x-amz-invocation-type',
    'x-amz-log-type',
    'x-amzn-trace-id',
    'x-amz-client-context',
  ],
  ...[
    'content-md5',
    'x-amz-expected-bucket-owner',
    'x-amz-security-token',
    'origin',
    'accept-encoding',
    'x-amz-mp-object-size',
  ],
];

const change: Mutation = (draft, pick) => {
  const name = pick.from(...MEANINGFUL, ...draft.headers.map(([each]) => each.toLowerCase()));
  const value = pick.from(...TEXTS);
  setHeader(draft, name, value);
  return `${name}: ${JSON.stringify(value.slice(0, 40))}`;
};

const remove: Mutation = (draft, pick) => {
  if (draft.headers.length === 0) return 'nothing';
  const at = pick.upTo(draft.headers.length - 1);
  return `without ${draft.headers.splice(at, 1)[0]?.[0] ?? ''}`;
};

const repeat: Mutation = (draft, pick) => {
  const [name = 'x', value = ''] = draft.headers[pick.upTo(Math.max(0, draft.headers.length - 1))] ?? [];
  draft.headers.push([name, pick.from(value, ...TEXTS)]);
  return `${name} twice`;
};

const retarget: Mutation = (draft, pick) => {
  const known = headerOf(draft, 'x-amz-target') ?? '';
  const operation = pick.from(
    ...OPERATIONS,
    known.slice(0, -1),
    known.toLowerCase(),
    known.split('.')[0] ?? '',
  );
  setHeader(draft, 'x-amz-target', operation);
  return `the target ${operation.slice(0, 60)}`;
};

const retype: Mutation = (draft, pick) => {
  const type = pick.from(...TYPES);
  setHeader(draft, 'content-type', type);
  return `the content type "${type}"`;
};

/** Replaces the method, possibly with one that the path does not support. */
const remethod: Mutation = (draft, pick) => {
  draft.method = pick.from('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'TRACE');
  return draft.method;
};

const TARGETS = [
  ...[
    '/',
    '//',
    '///',
    '/%',
    '/%00',
    '/%ff',
    '/..',
    '/../..',
    '/%2e%2e/%2f',
    '/a//b',
    'http://[',
    'http://x',
    'http:///',
    '*',
  ],
  ...[
    '//[',
    '//:99999',
    '/\\',
    '/?',
    '/??',
    '/?&&=',
    '/service/x/operation/y',
    '/_errand/',
    '/_errand/x',
    '/_errand/%',
    '/metrics?x',
  ],
  ...[
    '/2015-03-31/functions/%/invocations',
    '/2015-03-31/functions/a/b/c',
    '/2016-08-19/account-settings/x',
    '/schedules/%',
  ],
  ...[
    '/schedule-groups/%ff',
    '/scratch/%',
    '/scratch?list-type=9',
    '/scratch?delete',
    '/scratch/a?uploadId',
    '/scratch/a?uploads',
  ],
  ...[
    '/scratch/a?partNumber=x&uploadId=y',
    '/scratch?lifecycle',
    '/none/a',
    `/${'a'.repeat(8000)}`,
    `/scratch/${'b'.repeat(2000)}`,
  ],
];

const redirect: Mutation = (draft, pick) => {
  draft.target = pick.from(...TARGETS);
  return draft.target.slice(0, 60);
};

const extend: Mutation = (draft, pick) => {
  const more = pick.from(
    ...[
      '?',
      '&',
      '/',
      '//',
      '%',
      '%ff',
      '?X-Amz-Credential=%',
      '?X-Amz-Credential=a%0Ab/20260101/x/s3/aws4_request',
      '?X-Amz-Signature=0',
    ],
    ...[
      '?X-Amz-Signature=0&X-Amz-Credential=a/20260101/x/s3/aws4_request&X-Amz-Date=20260101T000000Z&X-Amz-Expires=9',
    ],
    ...[
      '?uploadId=',
      '?list-type=2&max-keys=-1',
      '?list-type=2&continuation-token=%ff&delimiter=',
      '?MaxItems=x',
      '?NextToken=x',
      '?MaxResults=-1',
    ],
    ...['?Qualifier=%', '?versionId=1', '?__proto__=1', '?groupName=%ff', '\xff', '/../x', '#x'],
  );
  draft.target += more;
  return `${more} after the target`;
};

/** @param callers the callers' access key ids */
export function headMutations(callers: readonly string[]): Mutation[] {
  const resign: Mutation = (draft, pick) => {
    const service = pick.from(...SERVICES);
    const caller = pick.from(...callers, 'x', '__proto__', 'constructor', 'a:b:c', '%');
    const scope = `${caller}/20261122/us-east-1/${service}/aws4_request`;
    setHeader(
      draft,
      'authorization',
      `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`,
    );
    return `signed by ${caller} for ${service.slice(0, 40)}`;
  };
  /** Signs as another caller. The endpoint checks the caller's permissions before it calls the service. */
  const impersonate: Mutation = (draft, pick) => {
    const caller = pick.from(...callers);
    const authorization = headerOf(draft, 'authorization') ?? '';
    setHeader(draft, 'authorization', authorization.replace(/Credential=[^/]*/, `Credential=${caller}`));
    return `signed by ${caller}`;
  };
  const garble: Mutation = (draft, pick) => {
    const authorization = headerOf(draft, 'authorization') ?? '';
    const at = pick.upTo(authorization.length);
    setHeader(draft, 'authorization', authorization.slice(0, at) + pick.from('', ...TEXTS));
    return `the first ${at} characters of the signature`;
  };
  return [
    ...[change, change, change, remove, repeat, retarget, retype, remethod, redirect, extend],
    ...[resign, impersonate, impersonate, garble],
  ];
}
