import type { OtelEnvironment, Tracing } from '../adapters/otlp/tracing.ts';
import type { ServiceLog } from '../job/log.ts';

/** Creates a function's tracing. The tracing code is loaded only if the deployment exports spans. */
export async function openTracing(
  environment: OtelEnvironment,
  log: ServiceLog,
): Promise<Tracing | undefined> {
  if (environment.otelExporterOtlpEndpoint === undefined) return undefined;
  const { startTracing } = await import('../adapters/otlp/tracing.ts');
  return startTracing(environment, log);
}
