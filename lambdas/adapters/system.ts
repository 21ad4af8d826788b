import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../job/clock.ts';
import { errorsAsText, onEachLevel, type ServiceLog } from '../job/log.ts';

/** The system's clock and random sources. */
export const systemClock: Clock = {
  now: () => new Date(),
  newId: () => uuidv7(),
  random: () => Math.random(),
};

/**
 * Writes structured logs, one object per line. Lambda's JSON log format adds the time, the level and the request id. Errors
 * are written with their causes. Payloads and secrets are never logged.
 */
export function createLog(sink: Pick<Console, 'debug' | 'info' | 'warn' | 'error'> = console): ServiceLog {
  // Read the `console` methods on each call, because the worker replaces them for job code
  // (lambdas/worker/capture-console.ts).
  return onEachLevel((level): ServiceLog['info'] => {
    const print = sink[level].bind(sink);
    return (...line) => {
      print(entry(...line));
    };
  });
}

function entry(...[event, message, fields = {}]: Parameters<ServiceLog['info']>): Record<string, unknown> {
  const entries: Record<string, unknown> = { event, message };
  for (const [name, value] of Object.entries(fields)) {
    entries[name] = value instanceof Error ? causes(value) : withoutErrorFields(value);
  }
  return entries;
}

/** Replaces the errors in a value with strings, because Lambda's logger would also write the errors' fields. */
function withoutErrorFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  try {
    return JSON.parse(JSON.stringify(value, errorsAsText));
  } catch {
    // The value can't be converted to JSON.
    return '[object]';
  }
}

/** Returns an error and its causes, outermost first. */
function causes(error: Error): { name: string; message: string; stack?: string | undefined }[] {
  const chain: { name: string; message: string; stack?: string | undefined }[] = [];
  for (let next: unknown = error; next instanceof Error && chain.length < 5; next = next.cause) {
    chain.push({ name: next.name, message: next.message, stack: next.stack });
  }
  return chain;
}
