import type { Mutation } from './draft.ts';
import type { Answer, Sending } from './exchange.ts';
import type { RecordedCall } from './recorder.ts';

const PREFIX = '/2018-06-01/runtime';

/** The calls that a runtime sends to the Runtime API. The request id in these calls belongs to no invocation. */
export const RUNTIME_CALLS: readonly RecordedCall[] = [
  ['GET', '/invocation/next', ''],
  ['POST', '/invocation/7f000001-0000-4000-8000-000000000000/response', '{"batchItemFailures":[]}'],
  [
    'POST',
    '/invocation/7f000001-0000-4000-8000-000000000000/error',
    '{"errorType":"Error","errorMessage":"x"}',
  ],
  ['POST', '/init/error', '{"errorType":"Runtime.ImportModuleError","errorMessage":"x"}'],
].map(([method = '', path = '', body = '']) => ({
  name: path,
  method,
  target: `${PREFIX}${path}`,
  headers: [['content-type', 'application/json']],
  body: Buffer.from(body),
}));

const otherMethod: Mutation = (draft, pick) => {
  draft.method = pick.from(
    'GET',
    'POST',
    'PUT',
    'DELETE',
    'HEAD',
    'OPTIONS',
    'TRACE',
    'post',
    'CONNECT',
    '*',
  );
  return `the method ${draft.method}`;
};

const otherId: Mutation = (draft, pick) => {
  const id = pick.from(
    ...[
      '',
      '.',
      '..',
      '../..',
      '%2e%2e',
      '%',
      '%00',
      'null',
      '__proto__',
      'constructor',
      '*',
      ' ',
      '\xff',
      '?',
    ],
    ...['#', ';', 'x'.repeat(20_000), '{}', '00000000-0000-0000-0000-000000000000', '/', '//', '\0', '\r'],
  );
  draft.target = draft.target.replace(/invocation\/[^/]*/, () => `invocation/${id}`);
  return `the request id ${JSON.stringify(id.slice(0, 20))}`;
};

const otherPath: Mutation = (draft, pick) => {
  draft.target = pick.from(
    ...['/', '//', '', '*', 'http://[', 'http://localhost/', '/2018-06-01', PREFIX, `${PREFIX}/`],
    ...[`${PREFIX}/invocation`, `${PREFIX}/invocation//response`, `${PREFIX}/restore/next`, `/${PREFIX}`],
    ...[draft.target.replace('2018', '2015'), `${draft.target}/`, `${draft.target}?x=1`, `${draft.target}#x`],
    ...[draft.target.toUpperCase(), `/x/..${draft.target}`, `${PREFIX}/../../${PREFIX}/invocation/next`],
    ...[`/2020-01-01/extension/register`, `/2022-07-01/telemetry`, '/_errand/sandboxes', 'x'.repeat(70_000)],
  );
  return `the path ${JSON.stringify(draft.target.slice(0, 60))}`;
};

const otherBody: Mutation = (draft, pick) => {
  const body = pick.from(
    '',
    'null',
    '[',
    '{"a":',
    '"',
    '\0',
    '\xff\xfe',
    '['.repeat(100_000),
    '{}'.repeat(9),
  );
  draft.body = Buffer.from(body, 'latin1');
  return `the body ${JSON.stringify(body.slice(0, 20))}`;
};

/** Replaces the body with one that exceeds the maximum response size of 6 MB. */
const tooLarge: Mutation = (draft) => {
  draft.body = Buffer.alloc(6_300_000, 'x');
  return 'a body that is too large';
};

const strangeHeaders: Mutation = (draft, pick) => {
  draft.headers.push(
    pick.from<[string, string]>(
      ['lambda-runtime-function-error-type', 'x'.repeat(9_000)],
      ['lambda-runtime-function-error-type', '\x01'],
      ['lambda-runtime-function-response-mode', 'streaming'],
      ['expect', '100-continue'],
      ['expect', 'x'],
      ['upgrade', 'websocket'],
      ['connection', 'upgrade'],
      ['content-length', '3'],
      ['x'.repeat(20_000), 'x'],
      ['', 'x'],
      ['a b', 'x'],
    ),
  );
  return `the header ${draft.headers.at(-1)?.[0].slice(0, 40) ?? ''}`;
};

export const RUNTIME_MUTATIONS: readonly Mutation[] = [
  ...[otherMethod, otherId, otherPath, otherBody, strangeHeaders],
  ...[otherMethod, otherId, otherPath, tooLarge],
];

/** The only call that succeeds while a function is running: it returns the current invocation again. */
const ASKS_AGAIN = `GET ${PREFIX}/invocation/next HTTP`;

/**
 * Returns the fault in the Runtime API's response to rubbish.
 *
 * @param answer undefined if the connection ended without a response
 * @returns undefined for a 4xx response from the Runtime API, and for the HTTP server's empty response to invalid HTTP
 */
export function faultOfRuntime(sending: Sending, answer: Answer | undefined): string | undefined {
  const [head = ''] = sending.pieces[0]?.toString('latin1').split('\r\n') ?? [];
  if (!answer) return mayGetNone(sending, head) ? undefined : 'has no response';
  const { status, body } = answer;
  if (status === 200 && head.startsWith(ASKS_AGAIN)) return undefined;
  if (status < 400 || status >= 500) return `has the status ${status}`;
  if (body.length === 0) return undefined;
  try {
    const { errorType, errorMessage } = JSON.parse(body.toString()) as Record<string, unknown>;
    return typeof errorType === 'string' && typeof errorMessage === 'string'
      ? undefined
      : 'has no error type';
  } catch {
    return 'is no JSON';
  }
}

/** A number of bytes that exceeds the size of the connection's buffers. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/**
 * Whether the request may remain without a response. Node's HTTP parser rejects invalid HTTP before it has read the body, and resets the connection.
 * If the sender is still sending, the reset may arrive before the response.
 */
function mayGetNone({ pieces, isUnfinished }: Sending, head: string): boolean {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  return isUnfinished || head.startsWith('CONNECT') || bytes > MAX_BUFFERED_BYTES;
}
