import type { HealthCheck } from '../../dependencies.ts';
import { operation, json } from '../../operation.ts';
import {
  alive,
  caller,
  callerExample,
  health,
  healthyExample,
  unhealthyExample,
  type CheckResult,
  type HealthReport,
  statistics,
  statisticsExample,
} from '../../documents/views/service.ts';
import { readStatistics } from '../../../job/statistics.ts';

/**
 * The maximum time that a store may take to respond, in milliseconds. The timeout is longer than a paused Aurora takes to
 * reject a request, and shorter than clients usually wait.
 */
const CHECK_TIMEOUT_MS = 5_000;

/** Shows that the process is running. Calls no store. */
export const getHealthAlive = operation({
  id: 'getHealthAlive',
  method: 'GET',
  path: '/health-alive',
  scope: null,
  handle: () => Promise.resolve(json(200, { status: 'ok' })),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Check the process',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'The process is up.',
        content: { schema: alive, example: { status: 'ok' } },
      },
    ],
  },
});

/**
 * Responds with 200 if every store responds, and otherwise with 503. The response contains each store's latency. Callers
 * need a scope, because requests cost money: each request wakes a paused Aurora, so a monitor that checks every few
 * minutes keeps the database running.
 */
export const getHealthCheck = operation({
  id: 'getHealthCheck',
  method: 'GET',
  path: '/health-check',
  scope: 'read',
  async handle(_request, { healthChecks }) {
    const entries = await Promise.all(
      healthChecks.map(async (check) => [check.name, await run(check)] as const),
    );
    const isHealthy = entries.every(([, { status }]) => status === 'ok');
    const body: HealthReport = {
      status: isHealthy ? 'ok' : 'unavailable',
      checks: Object.fromEntries(entries),
    };
    return json(isHealthy ? 200 : 503, body, isHealthy ? {} : { 'retry-after': '5' });
  },
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Check the stores',
    description: 'Checks whether each store responds. Wakes a paused database.',
    responses: [
      {
        status: 200,
        description: 'Every store responds.',
        content: { schema: health, example: healthyExample },
      },
      {
        status: 503,
        description: 'A store does not respond.',
        headers: { 'Retry-After': 'Retry after this many seconds.' },
        content: { schema: health, example: unhealthyExample },
      },
    ],
  },
});

async function run(check: HealthCheck): Promise<CheckResult> {
  const startedAt = performance.now();
  const latency = (): number => Math.round(performance.now() - startedAt);
  try {
    await within(CHECK_TIMEOUT_MS, check.check());
    return { status: 'ok', latency_ms: latency() };
  } catch (error) {
    // Return only the error's name, because the SDK's error messages contain ARNs and URLs.
    return {
      status: 'unavailable',
      latency_ms: latency(),
      error: error instanceof Error ? error.name : 'Error',
    };
  }
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(Object.assign(new Error(`No response within ${ms} ms.`), { name: 'TimeoutError' }));
    }, ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Returns the scopes of the request's credentials. The console offers only the actions that these scopes allow. */
export const getCaller = operation({
  id: 'getCaller',
  method: 'GET',
  path: '/v1/caller',
  scope: 'read',
  handle: ({ tenant, scopes, actor }) => Promise.resolve(json(200, { tenant, scopes, actor })),
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Get what your credentials allow',
    storeless: true,
    responses: [
      {
        status: 200,
        description: 'The tenant, the scopes, and the name that the audit uses.',
        content: { schema: caller, example: callerExample },
      },
    ],
  },
});

/**
 * Counts jobs. Only callers with the `admin` scope also get the queues' depth, which shows how busy other tenants are.
 */
export const getStatistics = operation({
  id: 'getStatistics',
  method: 'GET',
  path: '/v1/stats',
  scope: 'read',
  async handle({ tenant, scopes }, { statistics: ports }) {
    return json(200, await readStatistics(tenant, scopes.includes('admin'), ports));
  },
  docs: !import.meta.bundled && {
    tag: 'Service',
    summary: 'Count jobs and messages',
    description:
      'Counts jobs by status and type, and shows the job that has been waiting the longest. With the `admin` scope, also shows the depth of the queues.',
    responses: [
      {
        status: 200,
        description: 'The counts: exact for jobs, estimated for messages.',
        content: { schema: statistics, example: statisticsExample },
      },
    ],
  },
});
