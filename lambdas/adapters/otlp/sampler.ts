/**
 * Decides whether to record a new trace. `parent` says whether the caller's trace is recorded; undefined if there is no
 * caller.
 */
export type Sampler = (traceId: string, parent: boolean | undefined) => boolean;

/**
 * Creates the sampler that `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG` specify
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration). The
 * settings are validated at synth: lib/settings/traces.ts.
 */
export function samplerOf(name = 'parentbased_always_on', argument = 1): Sampler {
  const root = rootSampler(name.replace('parentbased_', ''), argument);
  return name.startsWith('parentbased_') ? (traceId, parent) => parent ?? root(traceId) : root;
}

function rootSampler(name: string, ratio: number): (traceId: string) => boolean {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  // Derive the decision from the trace id, so that all services with the same ratio decide alike.
  return (traceId) => Number.parseInt(traceId.slice(-13), 16) < ratio * 16 ** 13;
}
