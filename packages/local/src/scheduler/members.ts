import { JsonError, type JsonObject } from '../aws-endpoint/json-protocol.ts';

// Readers for request members. Each function throws a `ValidationException` that names the member.

export function invalid(message: string): JsonError {
  return new JsonError('ValidationException', message);
}

/** @param path the path of the object that contains the members, such as `Target.`; empty for the request itself */
export function requireKnown(input: JsonObject, known: readonly string[], path = ''): void {
  const unknown = Object.keys(input).find((member) => !known.includes(member));
  if (unknown !== undefined) {
    throw invalid(`${path}${unknown} is a member that the embedded Scheduler does not support`);
  }
}

export function optionalObject(value: unknown, member: string): JsonObject {
  if (value === undefined) return {};
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw invalid(`${member} must be an object`);
}

export function oneOf<Value extends string>(
  value: unknown,
  member: string,
  values: readonly [Value, ...Value[]],
): Value {
  if (value === undefined) return values[0];
  const found = values.find((candidate) => candidate === value);
  if (found === undefined) throw invalid(`${member} must be one of ${values.join(', ')}`);
  return found;
}

export function optionalText(value: unknown, member: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw invalid(`${member} must be a string`);
}

export function optionalSeconds(value: unknown, member: string): number | undefined {
  if (value === undefined || typeof value === 'number') return value;
  throw invalid(`${member} must be a number of seconds since 1970`);
}

export function optionalWhole(
  value: unknown,
  member: string,
  { least, most }: { least: number; most: number },
): void {
  if (value === undefined) return;
  if (!Number.isInteger(value) || Number(value) < least || Number(value) > most) {
    throw invalid(
      `${member} is ${JSON.stringify(value)}; it must be a whole number from ${least} to ${most}`,
    );
  }
}
