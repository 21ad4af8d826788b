import type { Pick } from '../../helpers/pick.ts';
import { BODY_MUTATIONS } from './body-mutations.ts';
import { headerOf, setHeader, type Mutation } from './draft.ts';
import { HTTP_MUTATIONS } from './framing-mutations.ts';

const HEADERS = [
  ...['content-type', 'authorization', 'if-none-match', 'accept', 'accept-encoding', 'traceparent', 'cookie'],
  ...[
    'x-forwarded-for',
    'access-control-request-method',
    'content-encoding',
    'range',
    'x-amz-date',
    'idempotency-key',
  ],
];

const TEXTS = [
  ...[
    '',
    ' ',
    '*',
    '\xff\xfe',
    '\x01',
    'null',
    '__proto__',
    'x'.repeat(3000),
    'application/json',
    'text/plain',
    'gzip;q=0, *;q=0.1',
  ],
  ...[
    'multipart/form-data; boundary=B',
    'W/"x", *',
    '00-0-0-00',
    '00-'.padEnd(55, 'f'),
    'https://evil.example',
    'bytes=0-',
    'a=b; c',
  ],
];

const QUERIES = [
  ...[
    'wait=0.01',
    'wait=NaN',
    'limit=0',
    'limit=1e3',
    'cursor=%ff',
    'cursor=AAAA',
    'cursor=',
    'status=x',
    'key=%00',
    'key=',
    'key=a&key=b',
  ],
  ...[
    'answer=approve',
    'answer=__proto__',
    'answer=approve&answer=reject',
    'from=x&to=y',
    'from=0000-01-01T00:00:00Z',
    'metadata={',
    'order=x',
  ],
  ...[
    'metadata=%7B%22a%22:%7B%7D%7D',
    'tag=%00',
    'group_by=x',
    'step=1',
    'attempt=99999999999',
    '__proto__=1',
    '%',
    '=',
    '&&',
    'x'.repeat(3000),
  ],
];

const SEGMENTS = [
  ...[
    '',
    '.',
    '..',
    '%2e%2e',
    '%2f',
    '%5c',
    '%00',
    '%ff',
    '%',
    '%25',
    '..%2f..%2f..%2fetc%2fpasswd',
    '..%5c..%5cwin.ini',
    '%252e%252e%252f',
  ],
  ...[
    'index.html',
    'index.mjs',
    'package.json',
    '__proto__',
    'constructor',
    'x'.repeat(3000),
    '%c0%ae%c0%ae',
    '%e2%80%ae',
    'a b',
    'a%20b',
  ],
  ...['01900000-0000-7000-8000-000000000000', '0000000000000000', '-1', '*', '%0d%0aset-cookie:x'],
];

const header: Mutation = (draft, pick) => {
  const [name, value] = [pick.from(...HEADERS), pick.from(...TEXTS)];
  setHeader(draft, name, value);
  return `${name}: ${JSON.stringify(value.slice(0, 40))}`;
};

const query: Mutation = (draft, pick) => {
  const more = pick.from(...QUERIES);
  draft.target += `${draft.target.includes('?') ? '&' : '?'}${more}`;
  return `?${more.slice(0, 40)}`;
};

const method: Mutation = (draft, pick) => {
  draft.method = pick.from('GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS');
  return draft.method;
};

/** Replaces a path segment, such as an id, a token or a file name, or changes one of its characters. */
const segment: Mutation = (draft, pick) => {
  const [path = '', ...rest] = draft.target.split('?');
  const segments = path.split('/');
  const at = pick.between(1, Math.max(1, segments.length - 1));
  const text = segments[at] ?? '';
  segments[at] = pick.from(...SEGMENTS, garbled(text, pick), garbled(text, pick), `${text}/`, `${text}%00`);
  draft.target = [segments.join('/'), ...rest].join('?');
  return draft.target.slice(0, 80);
};

/** Changes, repeats or removes a character. */
export function garbled(text: string, pick: Pick): string {
  const at = pick.upTo(Math.max(0, text.length - 1));
  const replacement = pick.from('A', '0', '-', '_', '', '==', '%3d', text.charAt(at).repeat(2));
  return text.slice(0, at) + replacement + text.slice(at + 1);
}

/** Changes the API key, or how the key is sent. */
const credentials: Mutation = (draft, pick) => {
  const known = headerOf(draft, 'authorization') ?? '';
  const key = known.replace('Bearer ', '');
  const sent = pick.from(
    ...[
      `Bearer ${garbled(key, pick)}`,
      `Bearer ${key.slice(0, 30)}`,
      `Basic ${Buffer.from(key).toString('base64')}`,
    ],
    ...[
      'Bearer',
      'Bearer ',
      `Bearer ${'x'.repeat(5000)}`,
      'Bearer errand_',
      `Bearer errand_${'0'.repeat(16)}_${'0'.repeat(64)}`,
    ],
    ...['Bearer a.b.c', 'Bearer eyJhbGciOiJub25lIn0.e30.', 'Bearer \xff', `Bearer ${key.toUpperCase()}`, ''],
  );
  setHeader(draft, 'authorization', sent);
  return `authorization: ${sent.slice(0, 60)}`;
};

/** Mutations of requests to Errand's HTTP API. */
export const API_MUTATIONS: readonly Mutation[] = [
  ...BODY_MUTATIONS,
  ...[
    header,
    header,
    query,
    query,
    query,
    method,
    segment,
    segment,
    segment,
    segment,
    credentials,
    credentials,
  ],
  ...HTTP_MUTATIONS,
];
