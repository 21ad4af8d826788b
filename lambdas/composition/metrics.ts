import { systemClock } from '../adapters/system.ts';
import { createMetrics, type Metrics, type MetricsMode } from '../metrics/metrics.ts';

/** Creates the metrics of a function. */
export function openMetrics({ service, metrics }: { service: string; metrics: string }): Metrics {
  return createMetrics({ service, mode: metrics as MetricsMode, now: systemClock.now });
}
