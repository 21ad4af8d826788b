import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { json } from '../response.ts';

/** A store that can be asked whether it answers. */
export interface HealthCheck {
  readonly name: string;
  check(): Promise<void>;
}

/** What a store's check came to. */
export interface CheckResult {
  status: 'ok' | 'unavailable';
  latency_ms: number;
  error?: string;
}

/** The answer of `GET /health-check`. */
export interface HealthReport {
  status: 'ok' | 'unavailable';
  checks: Record<string, CheckResult>;
}

/** How long a store may take to answer, in milliseconds: longer than a paused Aurora's refusal, shorter than a client's patience. */
const CHECK_TIMEOUT_MS = 5_000;

type Answer = Promise<APIGatewayProxyStructuredResultV2>;

/** `GET /health-alive`: the process is up. Asks nobody. */
export function healthAlive(): () => Answer {
  return () => Promise.resolve(json(200, { status: 'ok' }));
}

/**
 * `GET /health-check`: 200 when every store answers, else 503; one entry each, with its time in milliseconds. It wakes a
 * paused Aurora: a monitor that asks every few minutes keeps the database from pausing.
 */
export function healthCheck(checks: readonly HealthCheck[]): () => Answer {
  return async () => {
    const entries = await Promise.all(checks.map(async (check) => [check.name, await run(check)] as const));
    const isHealthy = entries.every(([, { status }]) => status === 'ok');
    const body: HealthReport = {
      status: isHealthy ? 'ok' : 'unavailable',
      checks: Object.fromEntries(entries),
    };
    return json(isHealthy ? 200 : 503, body, isHealthy ? {} : { 'retry-after': '5' });
  };
}

async function run(check: HealthCheck): Promise<CheckResult> {
  const startedAt = performance.now();
  const latency = (): number => Math.round(performance.now() - startedAt);
  try {
    await within(CHECK_TIMEOUT_MS, check.check());
    return { status: 'ok', latency_ms: latency() };
  } catch (error) {
    // The name alone: messages of the SDK contain ARNs and addresses.
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
      reject(Object.assign(new Error(`No answer within ${ms} ms.`), { name: 'TimeoutError' }));
    }, ms);
  });
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
