import * as z from 'zod';
import { named } from '../components.ts';

export const alive = named('Alive', z.object({ status: z.literal('ok') }));

const healthStatus = z.enum(['ok', 'unavailable']);

const checkResult = z.object({
  status: healthStatus,
  latency_ms: z.int().min(0),
  error: z.string().exactOptional().meta({ description: 'The name of the error.' }),
});

export const health = named(
  'Health',
  z.object({ status: healthStatus, checks: z.record(z.string(), checkResult) }),
);

export type CheckResult = z.output<typeof checkResult>;
export type HealthReport = z.output<typeof health>;

export const healthyExample: HealthReport = {
  status: 'ok',
  checks: {
    aurora: { status: 'ok', latency_ms: 14 },
    dynamodb: { status: 'ok', latency_ms: 6 },
    sqs: { status: 'ok', latency_ms: 7 },
  },
};

export const unhealthyExample: HealthReport = {
  status: 'unavailable',
  checks: {
    ...healthyExample.checks,
    aurora: { status: 'unavailable', latency_ms: 5000, error: 'TimeoutError' },
  },
};
