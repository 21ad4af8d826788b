/** Decides whether a new trace is recorded. `parent`: whether the caller's trace is recorded, if there is a caller. */
export type Sampler = (traceId: string, parent: boolean | undefined) => boolean;

/**
 * The sampler of `OTEL_TRACES_SAMPLER` and `OTEL_TRACES_SAMPLER_ARG`
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#general-sdk-configuration). The synth checks
 * the settings: lib/settings/traces.ts.
 */
export function samplerOf(name = 'parentbased_always_on', argument = 1): Sampler {
  const root = rootSampler(name.replace('parentbased_', ''), argument);
  return name.startsWith('parentbased_') ? (traceId, parent) => parent ?? root(traceId) : root;
}

function rootSampler(name: string, ratio: number): (traceId: string) => boolean {
  if (name === 'always_on') return () => true;
  if (name === 'always_off') return () => false;
  // Decides by the trace's id, so that every service with the same ratio decides alike.
  return (traceId) => Number.parseInt(traceId.slice(-13), 16) < ratio * 16 ** 13;
}
