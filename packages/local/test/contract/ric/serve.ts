import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Python } from '../../../../../test/python/install.ts';
import { FUNCTION_ARN, invokeBy, PATIENCE_MS, TRACE_ID, type Bundle } from './invoke.ts';

/** A minimal event for Errand's health check. */
const HEALTH_ALIVE = {
  version: '2.0',
  routeKey: '$default',
  rawPath: '/health-alive',
  rawQueryString: '',
  headers: { accept: '*/*' },
  requestContext: {
    http: {
      method: 'GET',
      path: '/health-alive',
      protocol: 'HTTP/1.1',
      sourceIp: '127.0.0.1',
      userAgent: '',
    },
    requestId: 'request-1',
    stage: '$default',
    timeEpoch: 0,
  },
  isBase64Encoded: false,
};

/**
 * Runs a bundle with AWS's runtime interface client for Node. Sends one valid event, and one that is not an HTTP API event.
 *
 * @param main the path of the client's main file
 * @returns a description of the failure; undefined if there is none
 */
export async function serveWithNode(main: string, bundle: Bundle): Promise<string | undefined> {
  const client = { name: 'aws-lambda-ric', command: process.execPath, words: [main] };
  const outcomes = await invokeBy(client, bundle, [HEALTH_ALIVE, null]);
  const [alive, failed] = outcomes;
  const { statusCode, body = '' } = (alive?.payload ?? {}) as { statusCode?: number; body?: string };
  const { errorType, trace } = (failed?.payload ?? {}) as { errorType?: string; trace?: string[] };
  const seen = {
    alive: [alive?.kind, alive?.requestId, statusCode, body.includes('alive') || body.includes('ok')],
    failed: [failed?.kind, failed?.requestId, errorType, Array.isArray(trace)],
  };
  const expected = {
    alive: ['responded', 'invocation-0', 200, true],
    failed: ['failed', 'invocation-1', 'TypeError', true],
  };
  return judge(client.name, seen, expected, outcomes);
}

/**
 * Runs `python/index.py` with AWS's runtime interface client for Python. The function echoes the invocation data that the client
 * read from the Runtime API's headers.
 *
 * @returns a description of the failure; undefined if there is none
 */
export async function serveWithPython(python: Python): Promise<string | undefined> {
  const client = { name: 'awslambdaric', command: python.command, words: ['-m', 'awslambdaric'] };
  const bundle = {
    codeDir: path.join(import.meta.dirname, 'python'),
    handler: 'index.handler',
    environment: { ...python.environment, PYTHONDONTWRITEBYTECODE: '1' },
  };
  const outcomes = await invokeBy(client, bundle, [{ text: 'çok güzel 🙂' }, null]);
  const [answered, failed] = outcomes;
  const { remaining_ms: remaining = 0, ...told } = (answered?.payload ?? {}) as { remaining_ms?: number };
  const { errorType, stackTrace } = (failed?.payload ?? {}) as { errorType?: string; stackTrace?: string[] };
  const seen = {
    answered: [answered?.kind, answered?.requestId, told, remaining > 0 && remaining <= PATIENCE_MS],
    failed: [failed?.kind, failed?.requestId, errorType, Array.isArray(stackTrace)],
  };
  const expected = {
    answered: [
      'responded',
      'invocation-0',
      {
        event: { text: 'çok güzel 🙂' },
        request_id: 'invocation-0',
        function_arn: FUNCTION_ARN,
        trace_id: TRACE_ID,
      },
      true,
    ],
    failed: ['failed', 'invocation-1', 'ValueError', true],
  };
  return judge(client.name, seen, expected, outcomes);
}

function judge(name: string, seen: object, expected: object, outcomes: unknown): string | undefined {
  if (isDeepStrictEqual(seen, expected)) return undefined;
  return `${name}\n  seen: ${JSON.stringify(outcomes)}\n  expected: ${JSON.stringify(expected)}`;
}
