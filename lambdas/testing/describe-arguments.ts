import { inspect } from 'node:util';

/**
 * Converts a call's arguments to a string. Equal arguments give equal strings. The string identifies a call if the effect has
 * no key.
 */
export function describeArguments(args: readonly unknown[]): string {
  return args
    .filter((arg) => !isSignalOrFunction(arg))
    .map(describe)
    .join(', ');
}

/**
 * Whether an argument is a signal or a function. Signals and functions differ between attempts, so they don't identify a
 * call.
 */
function isSignalOrFunction(value: unknown): boolean {
  return typeof value === 'function' || value instanceof AbortSignal;
}

function describe(value: unknown): string {
  if (isAwsCommand(value)) return `${value.constructor.name} ${describe(value.input)}`;
  return inspect(value, { depth: 8, breakLength: Infinity, maxArrayLength: 1000, sorted: true });
}

/**
 * Whether an argument is an AWS SDK command. Only the command's input identifies a call: the command itself also contains
 * functions.
 */
function isAwsCommand(value: unknown): value is { input: unknown } & object {
  return typeof value === 'object' && value !== null && 'input' in value && 'middlewareStack' in value;
}
