import { systemClock } from '../adapters/system.ts';
import { createMetrics, type Metrics, type MetricsMode } from '../metrics/metrics.ts';

/** Creates a function's metrics. */
export function openMetrics({ service, metrics }: { service: string; metrics: string }): Metrics {
  return createMetrics({ service, mode: metrics as MetricsMode, now: systemClock.now });
}
