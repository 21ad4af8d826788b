import { inspect } from 'node:util';

/**
 * Converts arguments to a string. Equal arguments give equal strings. If an effect has no key, this string identifies its
 * calls.
 */
export function describeArguments(args: readonly unknown[]): string {
  return args
    .filter((arg) => !isSignalOrFunction(arg))
    .map(describe)
    .join(', ');
}

/** Signals and functions differ between attempts, so they don't help to identify a call. */
function isSignalOrFunction(value: unknown): boolean {
  return typeof value === 'function' || value instanceof AbortSignal;
}

function describe(value: unknown): string {
  if (isAwsCommand(value)) return `${value.constructor.name} ${describe(value.input)}`;
  return inspect(value, { depth: 8, breakLength: Infinity, maxArrayLength: 1000, sorted: true });
}

/** AWS SDK commands contain functions in addition to their input. */
function isAwsCommand(value: unknown): value is { input: unknown } & object {
  return typeof value === 'object' && value !== null && 'input' in value && 'middlewareStack' in value;
}
