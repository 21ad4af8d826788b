import * as z from 'zod';
import type { HealthReport } from '../../routes/health.ts';
import { named } from '../components.ts';
import { shapeOf } from '../shape.ts';

export const alive = named('Alive', z.object({ status: z.literal('ok') }));

const healthStatus = z.enum(['ok', 'unavailable']);

export const health = named(
  'Health',
  shapeOf<HealthReport>()(
    z.object({
      status: healthStatus,
      checks: z.record(
        z.string(),
        z.object({
          status: healthStatus,
          latency_ms: z.int().min(0),
          error: z.string().exactOptional().meta({ description: 'The name of the error.' }),
        }),
      ),
    }),
  ),
);
